import {createHash} from 'node:crypto';
import test from 'ava';
import {chunkBytes, syncBytes} from '../../../../controller/peers/transfer/limits.js';
import {isSyncDue, isWelcome, receive, receiving, reliableBytes, syncing, wrote, type Receiving} from '../../../../controller/peers/transfer/receiver.js';
import {gone, heard, mayGo, sendingFrom} from '../../../../controller/peers/transfer/sender.js';
import {before, enter, leave, noTurns} from '../../../../controller/peers/transfer/turns.js';
import {Pace} from '../../../../controller/peers/transfer/pace.js';
import {PieceMemory} from '../../../../controller/peers/transfer/piece-memory.js';
import {pieces} from '../../../../api/files/pieces.js';
import {RunningDigest} from '../../../../api/files/running-digest.js';
import {WaitingRoom} from '../../../../controller/peers/transfer/waiting-room.js';
import {randomFrom} from '../../../support/random.js';

const whole = (offset: number, length: number) => ({offset, length, isIntact: true});

test('pieces are taken in order, whole, within what was granted and what was said, and nothing else is', t => {
	const size = 10 * chunkBytes;
	const state = receiving(size, 0);
	t.is(receive(state, whole(0, chunkBytes)).kind, 'write');
	t.is(receive(state, {...whole(0, chunkBytes), isIntact: false}).kind, 'damaged');
	t.is(receive(state, whole(chunkBytes, chunkBytes)).kind, 'gap');
	t.is(receive(state, whole(0, 0)).kind, 'wrong');
	t.is(receive(state, whole(0, chunkBytes + 1)).kind, 'wrong');
	t.is(receive(state, whole(size - 10, 11)).kind, 'wrong');
	t.is(receive({...state, accepted: chunkBytes}, whole(0, chunkBytes)).kind, 'repeat');
	t.is(receive({...state, accepted: 6 * chunkBytes}, whole(6 * chunkBytes, chunkBytes)).kind, 'gap', 'more than was granted while nothing is written');
	t.deepEqual([3, 4].map(taken => isWelcome({...state, accepted: taken * chunkBytes})), [true, false]);
});

test('the disk is told to keep a file every 2 MiB', t => {
	let state = receiving(100 * chunkBytes, 0);
	let syncs = 0;
	for (let piece = 0; piece < 100; piece++) {
		state = wrote(state, chunkBytes);
		if (!isSyncDue(state)) continue;
		state = syncing(state);
		syncs++;
	}
	t.is(syncs, 100 * chunkBytes / syncBytes | 0);
});

test('of an unfinished file all can be relied on in the same run of the machine, and after a power cut what was surely synced', t => {
	t.is(reliableBytes(9 * syncBytes + 7, {sameBoot: true}), 9 * syncBytes + 7);
	// The ninth stretch may still be on its way to the disk while the tenth is written.
	t.is(reliableBytes(9 * syncBytes + 7, {sameBoot: false}), 8 * syncBytes);
	t.is(reliableBytes(9 * syncBytes, {sameBoot: false}), 8 * syncBytes);
	t.is(reliableBytes(9 * syncBytes - 1, {sameBoot: false}), 7 * syncBytes);
	t.is(reliableBytes(syncBytes, {sameBoot: false}), 0);
	t.is(reliableBytes(0, {sameBoot: false}), 0);
});

/** One sending under loss, repetition, damage and restarts of either side, in no time at all; the bytes sent again beyond the first time. */
function schedule(seed: number): {readonly written: readonly number[]; readonly sentAgain: number; readonly restarts: number} {
	const random = randomFrom(seed);
	const size = Math.ceil(random() * 60 * chunkBytes);
	const written: number[] = [];
	let sent = 0;
	let restarts = 0;
	let receiver: Receiving = receiving(size, 0);
	let sender = sendingFrom(0);
	let underway: {offset: number; length: number; isIntact: boolean}[] = [];
	const restart = (): void => {
		restarts++;
		underway = [];
		receiver = receiving(size, receiver.held);
		sender = sendingFrom(receiver.held);
	};
	for (let step = 0; receiver.held < size && step < 100_000; step++) {
		const choice = random();
		if (choice < 0.5 && mayGo(sender) && sender.next < size) {
			const length = Math.min(chunkBytes, size - sender.next);
			underway.push({offset: sender.next, length, isIntact: random() > 0.01});
			sender = gone(sender, length);
			sent += length;
		} else if (choice < 0.95 && underway.length > 0) {
			const piece = underway.shift()!;
			if (random() < 0.05) underway.unshift(piece);
			const reception = receive(receiver, piece);
			if (reception.kind === 'write') {
				receiver = wrote(reception.state, piece.length);
				written.push(piece.offset);
				sender = heard(sender, receiver.held);
			} else if (reception.kind !== 'repeat') restart();
		} else if (choice > 0.98) restart();
		else if (underway.length === 0 && !mayGo(sender)) restart();
	}
	if (receiver.held !== size) throw new Error(`seed ${seed}: only ${receiver.held} of ${size}`);
	return {written, sentAgain: sent - size, restarts};
}

test('whatever is lost, repeated, damaged or restarted, every byte is written once and in order, and a break costs three pieces at most', t => {
	for (let seed = 1; seed <= 2000; seed++) {
		const {written, sentAgain, restarts} = schedule(seed);
		t.deepEqual(written, written.map((_, index) => written[0]! + index * chunkBytes), `seed ${seed}`);
		t.true(sentAgain <= restarts * 3 * chunkBytes, `seed ${seed}: ${sentAgain} bytes again after ${restarts} breaks`);
	}
});

test('two go at a time, and whoever waits goes in the order of coming', t => {
	let turns = ['a', 'b', 'c', 'd'].reduce((so, id) => enter(so, id, 2), noTurns);
	t.deepEqual(['a', 'b', 'c', 'd'].map(id => before(turns, id)), [0, 0, 1, 2]);
	turns = leave(turns, 'c', 2);
	t.is(before(turns, 'd'), 1);
	turns = leave(turns, 'a', 2);
	t.is(before(turns, 'd'), 0);
});

test('a rate spreads bytes over time, and none holds nothing up', t => {
	const pace = new Pace(1000);
	t.deepEqual([pace.takeMs(500, 0), pace.takeMs(500, 0), pace.takeMs(500, 0), pace.takeMs(500, 10_000)], [0, 500, 1000, 0]);
	t.is(new Pace(undefined).takeMs(1e9, 0), 0);
});

test('memory of a piece is used again only once more were answered than can wait to be written', t => {
	const memory = new PieceMemory();
	const taken = Array.from({length: 3}, () => memory.take());
	for (let round = 0; round < 100; round++) {
		memory.answered(taken.at(-3)!);
		const next = memory.take();
		t.false(taken.slice(-8).includes(next), 'two on their way, and six that may wait to be written');
		taken.push(next);
	}
	t.is(new Set(taken).size, 9);
	memory.answered(Buffer.alloc(5));
	t.is(memory.take().length, chunkBytes);
});

test('a stream of any parts becomes pieces of one length, the last with the rest', async t => {
	async function * parts(): AsyncGenerator<Uint8Array> {
		for (const length of [1, 0, 9, 25, 3]) yield await Promise.resolve(Buffer.alloc(length, length));
	}
	const made: Uint8Array[] = [];
	for await (const piece of pieces(parts(), 10)) made.push(piece);
	t.deepEqual(made.map(piece => piece.length), [10, 10, 10, 8]);
	t.deepEqual(Buffer.concat(made), Buffer.concat([1, 9, 25, 3].map(length => Buffer.alloc(length, length))));
});

test('the digest of a file can be asked for again, after an end that failed', async t => {
	const digest = new RunningDigest();
	digest.add(0, Buffer.from('ab'));
	const read = async (offset: number, into: Buffer): Promise<Uint8Array> => Promise.resolve(into.subarray(0, into.write('abc'.slice(offset))));
	const expected = createHash('sha256').update('abc').digest('hex');
	t.is(await digest.finish(3, read), expected);
	t.is(await digest.finish(3, read), expected);
});

test('whoever waits for a turn is told of every change, and is forgotten once it waits no more', async t => {
	const room = new WaitingRoom({transfersIn: 1, transfersOut: 1});
	room.enter('in', 'first');
	room.enter('in', 'second');
	t.deepEqual([room.ahead('in', 'first'), room.ahead('in', 'second'), room.ahead('out', 'second')], [0, 1, 0]);
	const ending = new AbortController();
	const [impatient, patient] = [room.changed(ending.signal), room.changed(new AbortController().signal)];
	ending.abort();
	await Promise.all([impatient, room.changed(ending.signal)]);
	room.leave('in', 'first');
	await patient;
	t.is(room.ahead('in', 'second'), 0);
});
