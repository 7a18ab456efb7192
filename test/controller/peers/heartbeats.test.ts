import {setInterval as every, setTimeout as delay} from 'node:timers/promises';
import test from 'ava';
import {Publisher, Subscriber} from 'zeromq';
import {Heartbeats} from '../../../controller/peers/heartbeats.js';
import {eventually} from '../../support/eventually.js';

/** What a reader gets of a node, as it comes. */
async function openReader() {
	const [publisher, reader] = [new Publisher({linger: 0}), new Subscriber({linger: 0})];
	await publisher.bind('tcp://127.0.0.1:*');
	reader.subscribe('');
	reader.connect(publisher.lastEndpoint!);
	// Until the subscription is there nothing comes.
	const greeting = reader.receive();
	while (await Promise.race([greeting.then(() => false), delay(20, true)])) await publisher.send('hello');
	const heard: {readonly atMs: number; readonly frames: readonly string[]}[] = [];
	const reading = (async () => {
		for await (const frames of reader) if (frames[0]?.toString() !== 'hello') heard.push({atMs: performance.now(), frames: frames.map(String)});
	})();
	return {
		publisher, heard,
		async [Symbol.asyncDispose]() {
			reader.close();
			publisher.close();
			await reading.catch(() => undefined);
		},
	};
}

const isHeartbeat = (frame: string | undefined): boolean => frame?.startsWith('heartbeat ') === true;

test('a heartbeat goes with what is published each second anyway, in one message, whichever of the two came first', async t => {
	await using reader = await openReader();
	const heartbeats = new Heartbeats({session: 's', revision: '1'});
	heartbeats.publishOn(reader.publisher);
	let published = 0;
	// A moment after the first heartbeat: were both to keep their own second, they would never meet.
	await delay(5);
	heartbeats.publish(['group g', String(published++)]);
	for await (const each of every(1000, 'group g')) {
		heartbeats.publish([each, String(published++)]);
		if (published === 5) break;
	}
	await delay(50);
	heartbeats.publishOn(undefined);
	const {heard} = reader;
	// The second heartbeat knew of no company when it was planned; from then on they wait for it.
	t.deepEqual(heard.slice(-3).map(({frames}) => [isHeartbeat(frames[0]), frames[1], frames[2]]), [2, 3, 4].map(count => [true, 'group g', String(count)]));
	t.true(heard.length <= 7);
});

test('what is published in a row is not slowed or swollen by heartbeats, and when nothing is published they go alone each second', async t => {
	await using reader = await openReader();
	const heartbeats = new Heartbeats({session: 's', revision: '1'});
	heartbeats.publishOn(reader.publisher);
	for (let count = 0; count < 50; count++) heartbeats.publish(['group g', String(count)]);
	await eventually(() => reader.heard.filter(({frames}) => isHeartbeat(frames[0])).length >= 3, {what: 'three heartbeats'});
	heartbeats.publishOn(undefined);
	const {heard} = reader;
	t.deepEqual(heard.filter(({frames}) => frames[0] === 'group g').map(({frames}) => frames[1]), Array.from({length: 50}, (_, count) => String(count)));
	const beats = heard.filter(({frames}) => isHeartbeat(frames[0]));
	t.true(beats.every(({frames}) => frames.length === 1));
});
