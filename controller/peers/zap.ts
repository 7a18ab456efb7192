import {setTimeout as delay} from 'node:timers/promises';
import type {Context, Message, Reply} from 'zeromq';
import type {Log} from '../../reconcilers/ports/log.js';
import {curveKeyOf} from './curve.js';
import type {Refusals} from './refusals.js';
import {createZapSocket, readEach, requestsDomain} from './socket.js';

/** How long after its socket failed it is tried to open it again; milliseconds. */
const reopenMs = 20;

/** What becomes of a CURVE key: `forgotten` ones were members once. */
export type KeyStanding = 'member' | 'forgotten' | 'stranger';

/** Whether a handshake is let through, by ZeroMQ RFC 27; a request that cannot be read is not. */
export function decideAdmission(frames: readonly Uint8Array[], standingOf: (curveKey: string) => KeyStanding): {readonly admitted: boolean; readonly key: string; readonly address: string} {
	const [version, , domain, address, , mechanism, credentials] = frames;
	const text = (frame: Uint8Array | undefined): string => Buffer.from(frame ?? []).toString();
	if (text(version) !== '1.0' || text(mechanism) !== 'CURVE' || credentials?.length !== 32) return {admitted: false, key: '', address: text(address)};
	const key = curveKeyOf(credentials);
	const standing = standingOf(key);
	const admitted = standing === 'member' || (standing === 'forgotten' && text(domain) === requestsDomain);
	return {admitted, key, address: text(address)};
}

/** Answers every handshake in `context` until it is disposed of. It must stand before the first server socket listens. */
export async function openZap({context, standingOf, refusals, log}: {context: Context; standingOf: (curveKey: string) => KeyStanding; refusals: Refusals; log: Log}): Promise<AsyncDisposable> {
	const ending = new AbortController();
	let socket = await bound(context);
	const answer = (frames: readonly Message[]): void => {
		const {admitted, key, address} = decideAdmission(frames, standingOf);
		if (!admitted) refusals.refuse('its key is no member’s', `${key} at ${address}`);
		// The asker waits inside this process, so sending never does.
		socket.send(['1.0', frames[1] ?? '', admitted ? '200' : '400', admitted ? 'OK' : 'no member', key, '']).catch(failed);
	};
	/** Whoever was not answered tries again by itself. Closing it ends its reader. */
	const failed = (error: unknown): void => {
		if (ending.signal.aborted || socket.closed) return;
		log.error('handshakes of peers are not answered: the socket for that failed and is opened anew', {error});
		socket.close();
	};
	const serving = (async () => {
		while (!ending.signal.aborted) {
			await readEach(socket, answer).catch(failed);
			// The library takes a moment to let go of the address; until then the closed one is read, which ends at once.
			socket = await bound(context).catch(async () => delay(reopenMs, socket));
		}
		socket.close();
	})();
	return {
		async [Symbol.asyncDispose]() {
			ending.abort();
			socket.close();
			await serving;
		},
	};
}

async function bound(context: Context): Promise<Reply> {
	const socket = createZapSocket(context);
	try {
		await socket.bind('inproc://zeromq.zap.01');
		return socket;
	} catch (error) {
		socket.close();
		throw error;
	}
}
