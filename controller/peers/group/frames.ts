import {z} from 'zod';
import {Name} from '../../../store/resources/meta.js';
import {readJson} from '../wire.js';
import {Message} from './messages.js';

/** How every publication for groups begins; the group's name follows. */
export const groupTopic = 'group ';

const PublicationMeta = z.object({run: z.string(), lineage: z.string().exactOptional(), term: z.number(), sentAtMs: z.number()});

/**
 * `[group][tag][sender][sequence][payload][meta]`. What members say of themselves to all goes the same way, without tag and sequence; its payload is
 * the whole message.
 */
export function writeFrames(group: string, message: Message): readonly string[] {
	const {from, term, lineage, body} = message;
	if (body.type !== 'publication') return [`${groupTopic}${group}`, '', from, '', JSON.stringify(message)];
	const {run, sequence, tag, payload, sentAtMs} = body;
	return [`${groupTopic}${group}`, tag, from, String(sequence), JSON.stringify(payload ?? null), JSON.stringify({run, lineage, term, sentAtMs})];
}

/** Reads what `writeFrames` writes; undefined for anything else. */
export function readFrames([topic, tag, from, sequence, payload, meta]: readonly Buffer[]): {readonly group: string; readonly message: Message} | undefined {
	const group = Name.safeParse(topic?.subarray(groupTopic.length).toString()).data;
	if (group === undefined || tag === undefined || from === undefined || sequence === undefined || payload === undefined) return undefined;
	const message = Message.safeParse(sequence.length === 0 ? readJson(payload) : publication({tag, from, sequence, payload, meta})).data;
	return message?.from === from.toString() ? {group, message} : undefined;
}

function publication({tag, from, sequence, payload, meta}: Readonly<Record<'tag' | 'from' | 'sequence' | 'payload', Buffer>> & {readonly meta: Buffer | undefined}): unknown {
	const read = PublicationMeta.safeParse(readJson(meta)).data;
	if (read === undefined) return undefined;
	const {lineage, term, run, sentAtMs} = read;
	const body = {type: 'publication', run, sequence: Number(sequence.toString()), tag: tag.toString(), payload: readJson(payload), sentAtMs};
	return {from: from.toString(), term, body, ...(lineage === undefined ? {} : {lineage})};
}
