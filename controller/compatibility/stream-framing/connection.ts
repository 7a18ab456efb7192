import {once} from 'node:events';
import type {Socket} from 'node:net';
import {Conversation, type ConversationParts} from './conversation.js';
import {FrameDecoder} from './frame-decoder.js';
import {framingLimits} from './limits.js';

/** How long a client is waited for; the limits of the node unless said. */
export interface Patience {
	readonly patienceMs?: number;
}

/**
 * Serves one old client until it leaves, is silent in the middle of a frame, does not read what it is answered, or sends what is no frame. While
 * it is being answered nothing more is read from it, so that it holds no more than one frame of this node's memory. Never rejects.
 */
export async function serveConnection(socket: Socket, parts: ConversationParts, {patienceMs = framingLimits.patienceMs}: Patience = {}): Promise<void> {
	const ending = new AbortController();
	const {log} = parts;
	const client = socket.remoteAddress ?? '';
	socket.once('close', () => ending.abort());
	// Its end is told by the loop and by whoever writes.
	socket.on('error', () => undefined);
	const within = async <T>(what: string, wait: Promise<T>): Promise<T> => {
		const timer = setTimeout(() => {
			log.info('an old client was given up', {client, reason: what});
			socket.destroy();
		}, patienceMs);
		return wait.finally(() => clearTimeout(timer));
	};
	const send = async (bytes: Uint8Array): Promise<void> => {
		ending.signal.throwIfAborted();
		if (!socket.write(bytes)) await within('it does not read what it is answered', once(socket, 'drain', {signal: ending.signal}));
	};
	const decoder = new FrameDecoder();
	await using conversation = new Conversation(parts, {client, send, signal: ending.signal});
	const stream = socket.iterator({destroyOnReturn: false});
	try {
		for (;;) {
			const next = stream.next();
			const read: unknown = (await (decoder.isWithinFrame ? within('a frame of it stopped in the middle', next) : next)).value;
			if (!Buffer.isBuffer(read)) break;
			for (const event of decoder.push(read)) {
				if (await conversation.take(event)) continue;
				log.info('an old client was sent away: what it sends cannot be read', {client});
				socket.end();
				return;
			}
		}
		socket.end();
	} catch (error) {
		log.debug('the connection of an old client ended', {client, error});
		socket.destroy();
	} finally {
		// Whoever does not take the end is not waited for.
		if (!ending.signal.aborted) void within('it does not take the end', once(socket, 'close')).catch(() => undefined);
	}
}
