import test from 'ava';
import {PacketSizes} from '../../../controller/discovery/packet-sizes.js';

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
		const sizes = new PacketSizes(1000);
		let begun = 0;
		for (let at = 0; at < stream.length; at += step) begun += sizes.take(stream.subarray(at, at + step))!;
		t.is(begun, 5, `in steps of ${step}`);
	}
});

test('a packet beyond the limit is known from its header', t => {
	t.is(new PacketSizes(1000).take(packet(1001).subarray(0, 3)), undefined);
	t.is(new PacketSizes(65_536).take(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])), undefined);
});

test('a length that never ends is refused', t => {
	t.is(new PacketSizes(65_536).take(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x00])), undefined);
});
