import {duplexPair} from 'node:stream';
import test from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {limitStream} from '../../../controller/discovery/limited-stream.js';

/** A PUBLISH of 60 000 bytes. */
const packet = Buffer.concat([Buffer.from([0x30, 0xe0, 0xd4, 0x03]), Buffer.alloc(60_000)]);

test('whoever sends more than a mebibyte is read slowly, and nothing of it is lost', async t => {
	const [near, far] = duplexPair();
	const limited = limitStream(near, {clock: systemClock, tooLarge: 'skip', onTooLarge: () => t.fail()});
	const count = 22;
	const from = performance.now();
	far.end(Buffer.concat(Array.from({length: count}, () => packet)));
	let bytes = 0;
	for await (const chunk of limited) {
		bytes += (chunk as Buffer).length;
		if (bytes === count * packet.length) break;
	}
	t.is(bytes, count * packet.length);
	// 1.26 MiB: what is beyond the first comes at 256 KiB a second.
	t.true(performance.now() - from > 900);
});

test('what is no MQTT ends the connection with the reason', async t => {
	const [near, far] = duplexPair();
	const limited = limitStream(near, {clock: systemClock, tooLarge: 'skip', onTooLarge: () => t.fail()});
	far.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff]));
	await t.throwsAsync(limited.toArray(), {name: 'StreamRefused'});
});
