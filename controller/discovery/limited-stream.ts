import {Duplex, pipeline, Transform} from 'node:stream';
import type {Clock} from '../../reconcilers/ports/clock.js';
import {PacketFilter} from './packet-filter.js';

/** Greatest MQTT packet that is taken. */
export const packetLimitBytes = 64 * 1024;
/** What one connection may send in the long run, and at once. Nodes send a few hundred bytes at start. */
const bytesPerSecond = 256 * 1024;
const burstBytes = 1024 * 1024;
/** What a packet costs beside its bytes. */
const packetCostBytes = 512;

/** The other side of a connection does not keep to the protocol or to its limits. */
export class StreamRefused extends Error {
	override readonly name = 'StreamRefused';
	readonly code = 'StreamRefused';
}

/** What is done with packets above 64 KiB: passed over, or the end of the connection. */
export interface StreamLimits {
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly tooLarge: 'skip' | 'end';
	/** Told of each packet that was too large. */
	readonly onTooLarge: () => void;
}

/**
 * The same connection, which gives no packet above 64 KiB. Whoever sends much is read slowly, so that a flood costs its sender's time rather than
 * this node's. What is no MQTT ends it with `StreamRefused`.
 */
export function limitStream(socket: Duplex, {clock, tooLarge, onTooLarge}: StreamLimits): Duplex {
	const filter = new PacketFilter(packetLimitBytes);
	let room = burstBytes;
	let countedAtMs = clock.monotonicMs();
	let waiting: NodeJS.Timeout | undefined;
	/** How long to wait for what was sent to be paid. */
	const pay = (cost: number): number => {
		const nowMs = clock.monotonicMs();
		room = Math.min(burstBytes, room + (nowMs - countedAtMs) * bytesPerSecond / 1000) - cost;
		countedAtMs = nowMs;
		return Math.max(0, -room * 1000 / bytesPerSecond);
	};
	const guard = new Transform({
		transform(chunk: Buffer, _encoding, done) {
			const filtered = filter.take(chunk);
			for (let each = 0; each < (filtered?.skipped ?? 0); each++) onTooLarge();
			if (filtered === undefined || (filtered.skipped > 0 && tooLarge === 'end')) {
				done(new StreamRefused(filtered === undefined ? 'this is no MQTT' : `a packet is larger than ${packetLimitBytes} bytes`));
				return;
			}
			const bytes = filtered.kept.reduce((sum, {length}) => sum + length, 0);
			const pass = (): void => done(null, Buffer.concat(filtered.kept));
			const waitMs = pay(bytes + filtered.begun * packetCostBytes);
			if (waitMs === 0) pass();
			else waiting = setTimeout(pass, waitMs);
		},
		destroy(error, done) {
			clearTimeout(waiting);
			done(error);
		},
	});
	pipeline(socket, guard, () => undefined);
	const limited = Duplex.from({readable: guard, writable: socket});
	// Its own end leaves the other direction open.
	socket.once('close', () => limited.destroy());
	return limited;
}
