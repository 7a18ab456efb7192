import test from 'ava';
import {PacketFilter} from '../../../controller/discovery/packet-filter.js';

/** A PUBLISH with `length` bytes behind its fixed header. */
function packet(length: number): Buffer {
	const digits: number[] = [];
	let left = length;
	do {
		digits.push(left % 128 + (left >= 128 ? 128 : 0));
		left = Math.floor(left / 128);
	} while (left > 0);
	return Buffer.concat([Buffer.from([0x30, ...digits]), Buffer.alloc(length)]);
}

test('packets are counted however they are cut', t => {
	const stream = Buffer.concat([packet(0), packet(1), packet(127), packet(128), packet(1000)]);
	for (const step of [1, 2, 3, 7, 64, stream.length]) {
		const sizes = new PacketFilter(1000);
		const kept: Buffer[] = [];
		let begun = 0;
		for (let at = 0; at < stream.length; at += step) {
			const filtered = sizes.take(stream.subarray(at, at + step))!;
			kept.push(...filtered.kept);
			begun += filtered.begun;
		}
		t.is(begun, 5, `in steps of ${step}`);
		t.deepEqual(Buffer.concat(kept), stream);
	}
});

test('a packet beyond the limit is taken out, and what follows is not', t => {
	const stream = Buffer.concat([packet(5), packet(1001), packet(6)]);
	for (const step of [1, 3, 64, stream.length]) {
		const filter = new PacketFilter(1000);
		const kept: Buffer[] = [];
		let skipped = 0;
		for (let at = 0; at < stream.length; at += step) {
			const filtered = filter.take(stream.subarray(at, at + step))!;
			kept.push(...filtered.kept);
			skipped += filtered.skipped;
		}
		t.is(skipped, 1);
		t.deepEqual(Buffer.concat(kept), Buffer.concat([packet(5), packet(6)]));
	}
});

test('a packet beyond the limit is known from its header', t => {
	t.is(new PacketFilter(65_536).take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))?.skipped, 1);
});

test('a length that never ends is no MQTT', t => {
	t.is(new PacketFilter(65_536).take(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x00])), undefined);
});
