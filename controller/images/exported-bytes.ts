import {PeerError} from '../../reconcilers/ports/peers.js';
import type {PeerSockets} from '../peers/open.js';
import {ArchiveError} from './archive/archive-error.js';
import {ExportEnd} from './wire.js';

/** The longest wait for the next part, and for the first of it: an engine collects an image before it gives the first byte. */
const idleMs = 60_000;

/** Whose image is meant, and who is told. */
export interface ExportPlace {
	readonly nodeId: string;
	/** Of the node, for errors. */
	readonly name: string;
	readonly id: string;
	readonly signal: AbortSignal;
}

/** The archive of an image from a member, and in the end what that says of it. Throws `BusyError` when it gives images to others, `PeerError` when it falls silent. */
export async function* exportedBytes(sockets: Pick<PeerSockets, 'stream'>, {nodeId, name, id, signal}: ExportPlace): AsyncGenerator<Buffer, {readonly sha256: string; readonly sizeBytes: number}> {
	const idle = new AbortController();
	const timer = setTimeout(() => idle.abort(new PeerError('Unreachable', `${name} sent nothing of the image for ${idleMs / 1000} s`)), idleMs);
	let end: ExportEnd | undefined;
	try {
		for await (const {data, binary} of sockets.stream(nodeId, {service: 'image', action: 'image.export', data: {id}, deadlineMs: idleMs, signal: AbortSignal.any([signal, idle.signal])})) {
			idle.signal.throwIfAborted();
			signal.throwIfAborted();
			timer.refresh();
			if (binary !== undefined && binary.length > 0) {
				yield binary;
				continue;
			}
			end = ExportEnd.safeParse(data).data;
			// Whoever went on with nothing would be waited for, for ever.
			if (end === undefined) throw new ArchiveError('WrongContent', 'it sends what is no part of an image');
			if ('busy' in end) throw new BusyError(`${name} is giving images to others`);
		}
	} finally {
		clearTimeout(timer);
	}
	idle.signal.throwIfAborted();
	if (end === undefined || 'busy' in end) throw new ArchiveError('WrongContent', 'it is not what its sender says it sent');
	return end;
}

/** Try again in a moment, or another. */
export class BusyError extends Error {
	override readonly name = 'BusyError';
}
