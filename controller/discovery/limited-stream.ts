import {Duplex, pipeline, Transform} from 'node:stream';
import type {Clock} from '../../reconcilers/ports/clock.js';
import {PacketSizes} from './packet-sizes.js';

/** Greatest MQTT packet that is taken. */
export const packetLimitBytes = 64 * 1024;
/** What one connection may send in the long run, and at once. Nodes send a few hundred bytes at start. */
const bytesPerSecond = 256 * 1024;
const burstBytes = 1024 * 1024;
/** What a packet costs beside its bytes. */
const packetCostBytes = 512;

/** The other side of a connection does not keep to its limits. */
export class PacketTooLarge extends Error {
	override readonly name = 'PacketTooLarge';
	readonly code = 'PacketTooLarge';
}

/**
 * The same connection, which gives no packet above 64 KiB but ends with `PacketTooLarge`. Whoever sends much is read slowly, so that a flood costs
 * its sender's time rather than this node's.
 */
export function limitStream(socket: Duplex, clock: Pick<Clock, 'monotonicMs'>): Duplex {
	const sizes = new PacketSizes(packetLimitBytes);
	let room = burstBytes;
	let countedAtMs = clock.monotonicMs();
	let waiting: NodeJS.Timeout | undefined;
	const guard = new Transform({
		transform(chunk: Buffer, _encoding, done) {
			const packets = sizes.take(chunk);
			if (packets === undefined) {
				done(new PacketTooLarge(`a packet is larger than ${packetLimitBytes} bytes`));
				return;
			}
			const nowMs = clock.monotonicMs();
			room = Math.min(burstBytes, room + (nowMs - countedAtMs) * bytesPerSecond / 1000) - chunk.length - packets * packetCostBytes;
			countedAtMs = nowMs;
			if (room >= 0) done(null, chunk);
			else waiting = setTimeout(() => done(null, chunk), -room * 1000 / bytesPerSecond);
		},
		destroy(error, done) {
			clearTimeout(waiting);
			done(error);
		},
	});
	pipeline(socket, guard, () => undefined);
	return Duplex.from({readable: guard, writable: socket});
}
