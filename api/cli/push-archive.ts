import {createHash, randomBytes} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from '../client/client.js';
import {Refused} from '../client/errors.js';
import {numberAt, type JsonObject} from '../client/value.js';
import {pieces} from '../files/pieces.js';
import {CliError} from './exit-codes.js';
import {answersOf} from './image-answers.js';
import type {CliIo} from './io.js';

/** In base64 it fits the longest body of a request. */
export const pieceBytes = 512 * 1024;
/** Looking an archive through and loading it. */
const loadMs = 1_800_000;
const dropMs = 2000;

/** The archive of an image on its way to a node. */
export interface ArchivePush {
	readonly node: string;
	/** Its plain bytes, in chunks of any size. Must throw when they are not whole. */
	readonly bytes: AsyncIterable<Uint8Array>;
	/** The image it has to be, and the names that it gets; its own, when not said. */
	readonly wanted?: {readonly id: string; readonly names: readonly string[]};
	readonly onBytes?: (sent: number) => void;
}

/** Gives an archive to a node, which looks it through and loads it, and resolves with what the node says of the image. What was sent in vain is taken back. */
export async function pushArchive(client: Client, {node, bytes, wanted, onBytes}: ArchivePush, io: CliIo): Promise<JsonObject> {
	const upload = randomBytes(16).toString('hex');
	const hash = createHash('sha256');
	let sent = 0;
	try {
		for await (const piece of pieces(bytes, pieceBytes)) {
			hash.update(piece);
			const held = await inTime(async () => answersOf(client, {node, action: 'image.push', data: {upload, offset: sent, piece: piece.toString('base64')}}, io), io.signal);
			sent += piece.length;
			if (numberAt(held[0], 'held') !== sent) throw new CliError(`${node} lost a part of the archive`, {fix: 'Try it again.'});
			onBytes?.(sent);
		}
		if (sent === 0) throw new CliError('there is nothing in the archive', {fix: 'It is to be what `docker save` wrote.'});
		const [image] = await answersOf(client, {node, action: 'image.load', data: {upload, sha256: hash.digest('hex'), ...wanted}, deadlineMs: loadMs}, io);
		return image ?? {};
	} catch (error) {
		// It would lie there, and keep others from pushing, until the node forgets it. Whoever presses Ctrl-C waits for that a moment.
		await answersOf(client, {node, action: 'image.drop', data: {upload}}, {...io, signal: AbortSignal.timeout(dropMs)}).catch(() => undefined);
		throw error;
	}
}

/** A node takes so many changes a second and no more: then it says when to go on. */
async function inTime<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
	for (;;) {
		try {
			return await ask();
		} catch (error) {
			if (!(error instanceof Refused) || error.code !== 429) throw error;
			await delay((error.retryAfterSeconds ?? 1) * 1000, undefined, {signal});
		}
	}
}
