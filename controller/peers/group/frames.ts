import {z} from 'zod';
import {Name} from '../../../store/resources/meta.js';
import {readJson} from '../wire.js';
import {Message} from './messages.js';
import {isShort} from './payload.js';

/** How every publication for groups begins; the group's name follows. */
export const groupTopic = 'group ';

const Spoken = z.looseObject({});
const PublicationMeta = z.object({run: z.string(), lineage: z.string().exactOptional(), term: z.number(), sentAtMs: z.number()});

/** What is as usual is left out: signs of life go from everybody to everybody, every second. */
const usually: ReadonlySet<string> = new Set(['pending', 'leaving', 'published', 'led', 'over']);

/** `[group][tag][sender][sequence][payload][meta]`. What members say of themselves to all goes the same way, as `[group][message]`. */
export function writeFrames(group: string, message: Message): readonly string[] {
	const {from, term, lineage, body} = message;
	// The node itself is known by its link.
	const said = from.includes('/') ? message : {...message, from: undefined};
	if (body.type !== 'publication') return [`${groupTopic}${group}`, JSON.stringify(said, (key, value: unknown) => (usually.has(key) && (value === false || value === 0) ? undefined : value))];
	const {run, sequence, tag, payload, sentAtMs} = body;
	return [`${groupTopic}${group}`, tag, from, String(sequence), JSON.stringify(payload ?? null), JSON.stringify({run, lineage, term, sentAtMs})];
}

/** Reads what the node of this id has written with `writeFrames`; undefined for anything else. */
export function readFrames(nodeId: string, frames: readonly Buffer[]): {readonly group: string; readonly message: Message} | undefined {
	const [topic, ...rest] = frames;
	const group = Name.safeParse(topic?.subarray(groupTopic.length).toString()).data;
	const message = Message.safeParse(rest.length === 1 ? {from: nodeId, ...Spoken.safeParse(readJson(rest[0])).data} : publication(rest)).data;
	return group === undefined || message === undefined ? undefined : {group, message};
}

function publication([tag, from, sequence, payload, meta]: readonly Buffer[]): unknown {
	const read = PublicationMeta.safeParse(readJson(meta)).data;
	if (read === undefined || tag === undefined || from === undefined || sequence === undefined) return undefined;
	const {lineage, term, run, sentAtMs} = read;
	const content = readJson(payload);
	if (!isShort(content)) return undefined;
	const body = {type: 'publication', run, sequence: Number(sequence.toString()), tag: tag.toString(), payload: content, sentAtMs};
	return {from: from.toString(), term, body, ...(lineage === undefined ? {} : {lineage})};
}
