import type {Client} from '../client/client.js';
import {isObject, numberAt, textAt} from '../client/value.js';
import {progressText} from './copy/progress-text.js';
import {CliError} from './exit-codes.js';
import {shortId} from './image-answers.js';
import type {CliIo} from './io.js';

/** The longest silence of a node: it tells twice a second how far it is. */
const silenceMs = 60_000;

/** Which node has to have which image under which name, and who hears how far it is. */
export interface ImageFetch {
	readonly node: string;
	readonly reference: string;
	readonly id: string;
	readonly io: CliIo;
	readonly tell: (line: string, isOver: boolean) => void;
}

/** Has a node fetch an image from the others, and give it the name. Throws `CliError` when it cannot. */
export async function fetchImage(client: Client, {node, reference, id, io, tell}: ImageFetch): Promise<void> {
	let begun: {readonly atMs: number; readonly bytes: number} | undefined;
	for await (const answer of client.ask({service: `${node}.image`, action: 'image.fetch', data: {reference, id}, deadlineMs: silenceMs, signal: io.signal})) {
		if ('error' in answer) throw new CliError(`${node}: ${textAt(answer, 'error', 'message')}`);
		const {data} = answer;
		if (!isObject(data)) tell('asks who has it', false);
		else if (data['state'] === 'here') tell(`has it already (${shortId(id)})`, true);
		else if (data['state'] === 'fetched') tell(`has it now (${shortId(id)})`, true);
		else {
			const [nowMs, bytes] = [performance.now(), numberAt(data, 'bytes') ?? 0];
			// From another node it begins anew.
			if (begun === undefined || bytes < begun.bytes) begun = {atMs: nowMs, bytes};
			const bytesPerSecond = nowMs === begun.atMs ? 0 : (bytes - begun.bytes) / (nowMs - begun.atMs) * 1000;
			tell(`from ${textAt(data, 'from')} ${progressText({bytes, size: numberAt(data, 'totalBytes') ?? 0, bytesPerSecond})}`, false);
		}
	}
}
