import test from 'ava';
import {setTimeout as delay} from 'node:timers/promises';
import {packFrames} from '../../../controller/peers/envelope.js';
import {proveSession} from '../../../controller/peers/session-proof.js';
import {readJson, readMessage, writeMessage} from '../../../controller/peers/wire.js';
import {eventually} from '../../support/eventually.js';
import {makeKeys, openCluster, RawPeer, type PeerNode} from './peer-node.js';

const refusals = ({lines}: PeerNode) => lines.filter(({message}) => message === 'refused a peer').map(({fields}) => String(fields['reason']));

test('a stranger’s key gets no connection, however long it tries', async t => {
	await using fleet = await openCluster(['one']);
	const [one] = fleet.nodes;
	const stranger = await makeKeys('stranger');
	using raw = new RawPeer(one!, stranger);
	await raw.tell('session', 'session.open', {nodeId: stranger.identity.id, session: 's'}).catch(() => undefined);
	t.is(await raw.hear(), undefined);
	await eventually(() => refusals(one!).includes('its key is no member’s'), {what: 'the refusal to be logged'});
	t.deepEqual(one!.performed, []);
	t.true(one!.sockets.refused >= 1);
});

test('a request before any proof is not performed, and told how to become one', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	using raw = new RawPeer(one!, two!.keys);
	t.is((await raw.ask('val', 'instance.assign', {}))?.action, 'session.required');
	t.is((await raw.prove(one!, two!.id, two!.keys.identity))?.action, 'session.prove.result');
	t.is((await raw.ask('val', 'instance.assign', {}))?.action, 'instance.assign.result');
	t.deepEqual(one!.performed.map(({caller}) => caller), [{kind: 'member', nodeId: two!.id}]);
});

test('a member cannot pass for another, nor for the node it speaks with, nor for one that does not exist', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	using raw = new RawPeer(one!, two!.keys);
	for (const claimed of [three!.id, one!.id, 'a'.repeat(26)]) {
		t.is((await raw.prove(one!, claimed, two!.keys.identity))?.action, 'session.error');
		t.is((await raw.ask('val', 'instance.assign', {}))?.action, 'session.required');
	}
	t.deepEqual(one!.performed, []);
	await eventually(() => refusals(one!).length >= 3, {what: 'the refusals to be logged'});
});

test('an impostor that connects first keeps nobody out', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	using raw = new RawPeer(one!, two!.keys);
	await raw.ask('session', 'session.open', {nodeId: three!.id, session: 's'});
	const {data} = await three!.sockets.request(one!.id, {service: 'val', action: 'instance.list', data: 'mine'});
	t.is(data, 'mine');
	t.is((await raw.ask('val', 'instance.assign', {}))?.action, 'session.required');
	t.deepEqual(one!.performed.map(({caller}) => caller), [{kind: 'member', nodeId: three!.id}]);
});

test('a proof is good once, for one connection and one node', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	using first = new RawPeer(one!, two!.keys);
	using second = new RawPeer(one!, two!.keys);
	const opened = await first.ask('session', 'session.open', {nodeId: two!.id, session: 's'});
	const signature = proveSession({prover: two!.id, verifier: one!.id, nonce: String(opened?.data['nonce'])}, two!.keys.identity.privateKey);
	t.is((await second.ask('session', 'session.prove', {signature}))?.action, 'session.error');
	await second.ask('session', 'session.open', {nodeId: two!.id, session: 's'});
	t.is((await second.ask('session', 'session.prove', {signature}))?.action, 'session.error');
	t.is((await first.ask('session', 'session.prove', {signature}))?.action, 'session.prove.result');
	t.is((await first.ask('session', 'session.prove', {signature}))?.action, 'session.error');

	// What two signs for three is worth nothing at one.
	using relayed = new RawPeer(one!, two!.keys);
	const asked = await relayed.ask('session', 'session.open', {nodeId: two!.id, session: 's'});
	const forThree = proveSession({prover: two!.id, verifier: three!.id, nonce: String(asked?.data['nonce'])}, two!.keys.identity.privateKey);
	t.is((await relayed.ask('session', 'session.prove', {signature: forThree}))?.action, 'session.error');
});

test('a forgotten member loses its links within 5 s, may ask for its tombstone only, and hears nothing any more', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	using raw = new RawPeer(one!, two!.keys);
	await raw.prove(one!, two!.id, two!.keys.identity);
	await eventually(() => two!.changes.some(({kind, id}) => kind === 'news' && id === one!.id), {what: 'two to hear one'});
	fleet.cluster.put(two!.keys, [two!.address], true);
	const forgottenAt = performance.now();
	await one!.sockets.membersChanged();
	t.true(performance.now() - forgottenAt < 5000);
	t.deepEqual(one!.sockets.views().map(({id}) => id), [three!.id]);
	t.true(one!.changes.some(({kind, id}) => kind === 'forgotten' && id === two!.id));

	// The raw DEALER comes back by itself, to a node that does not know the connection.
	await eventually(async () => (await raw.ask('val', 'instance.assign', {}))?.action === 'session.required', {what: 'the new connection'});
	t.is((await raw.prove(one!, two!.id, two!.keys.identity))?.action, 'session.prove.result');
	t.deepEqual((await raw.ask('val', 'instance.assign', {}))?.action, 'instance.assign.error');
	t.is((await raw.ask('some-program', 'node.tombstone', {}))?.action, 'node.tombstone.error');
	t.is((await raw.ask('node', 'node.tombstone', {}))?.action, 'node.tombstone.result');
	t.deepEqual(one!.performed.map(({action}) => action), ['node.tombstone']);
	const heard = two!.sockets.views().find(({id}) => id === one!.id)!;
	t.true(heard.silentMs < 6000);
	await eventually(() => two!.changes.some(({kind, id}) => kind === 'silent' && id === one!.id), {what: 'two to hear one no more'});

	const {data} = await three!.sockets.request(one!.id, {service: 'val', action: 'instance.list', data: 'still here'});
	t.is(data, 'still here');
});

test('whatever a member writes, proven or not, the others are served as before', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	const deep = '['.repeat(200_000) + ']'.repeat(200_000);
	const message = (...frames: readonly string[]) => packFrames(['', 'MDPC01', ...frames]);
	const rubbish = [
		'', 'no length', '9 9\nx', '0 0 0 0 0\n', packFrames(Array.from({length: 40}, () => 'x')), packFrames(['x', 'MDPC01', 'val', 'x', '{}']), message('val'),
		message('val', 'x', '{}', 'no JSON'), message('val', 'x', deep, '{"id":"1","deadlineMs":1000}'), message('val', 'x', '{}', `{"id":"2","deadlineMs":1000,"deep":${deep}}`),
		message('val', 'x', '{}', '{"id":"","deadlineMs":-1}'), message('session', 'session.open', deep), message('session', 'session.prove', 'null'), message('session', 'stream.credit', deep),
		message('session', 'stream.credit', '{"id":"3","bytes":1e308}', deep), message('session', 'stream.cancel', '[]'), message('session', 'session.what', ''), message('v'.repeat(500_000), 'x'.repeat(500_000), '{}'),
	];
	for (const isProven of [false, true]) {
		using raw = new RawPeer(one!, two!.keys);
		if (isProven) t.is((await raw.prove(one!, two!.id, two!.keys.identity))?.action, 'session.prove.result');
		for (const each of rubbish) await raw.socket.send(each);
		await raw.socket.send(['two', 'frames']);
		await raw.tell('session', 'session.open', {nodeId: two!.id, session: 's'});
		await eventually(async () => (await raw.hear())?.action === 'session.open.result', {what: 'all of it to be taken'});
		const {data} = await three!.sockets.request(one!.id, {service: 'val', action: 'instance.list', data: 'still here'});
		t.is(data, 'still here');
	}
});

test('a request that comes twice has one effect and one answer, also by another connection', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	using first = new RawPeer(one!, two!.keys);
	using second = new RawPeer(one!, two!.keys);
	for (const raw of [first, second]) await raw.prove(one!, two!.id, two!.keys.identity);
	for (const raw of [first, first, second]) {
		const answer = await raw.ask('val', 'instance.assign', 'once', 'the-same-id');
		t.deepEqual([answer?.action, answer?.data], ['instance.assign.result', 'once']);
	}
	t.is(one!.performed.length, 1);
});

test('a request that comes again while it runs waits for the one answer', async t => {
	let finish: () => void = () => undefined;
	const finished = new Promise<void>(resolve => (finish = resolve));
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			await finished;
			void answering.send(frames);
		},
	});
	const [one, two] = fleet.nodes;
	using first = new RawPeer(one!, two!.keys);
	using second = new RawPeer(one!, two!.keys);
	for (const raw of [first, second]) await raw.prove(one!, two!.id, two!.keys.identity);
	await first.tell('val', 'instance.assign', 'once', 'the-same-id');
	await eventually(() => one!.performed.length === 1, {what: 'it to run'});
	await second.tell('val', 'instance.assign', 'once', 'the-same-id');
	await delay(100);
	finish();
	t.is((await second.hear())?.action, 'instance.assign');
	t.is(one!.performed.length, 1);
});

test('a streamed answer too is given again rather than its effect, and of a long one it is told that it was given', async t => {
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			const part = (data: unknown, bytes: number) => writeMessage({service, action: `${action}.result`, data, meta: readJson(meta), binary: Buffer.alloc(bytes)});
			await answering.send(part('first', action === 'long' ? 100_000 : 100), {more: true});
			await answering.send(part('last', 0));
		},
	});
	const [one, two] = fleet.nodes;
	using first = new RawPeer(one!, two!.keys);
	using second = new RawPeer(one!, two!.keys);
	for (const raw of [first, second]) {
		await raw.prove(one!, two!.id, two!.keys.identity);
		await raw.tell('objects', 'short', {}, 'a');
		t.deepEqual([(await raw.hear())?.data, (await raw.hear())?.data], ['first', 'last'] as unknown[]);
	}
	await first.tell('objects', 'long', {}, 'b');
	t.deepEqual([(await first.hear())?.data, (await first.hear())?.data], ['first', 'last'] as unknown[]);
	const again = await second.ask('objects', 'long', {}, 'b');
	t.deepEqual([again?.action, again?.data['code']], ['long.error', 'Unavailable']);
	t.deepEqual(one!.performed.map(({action}) => action), ['short', 'long']);
});

test('a streamed answer that is asked for again while it is made is given from its beginning', async t => {
	let goOn: () => void = () => undefined;
	const goneOn = new Promise<void>(resolve => (goOn = resolve));
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			const part = (data: unknown) => writeMessage({service, action: `${action}.result`, data, meta: readJson(meta)});
			await answering.send(part('first'), {more: true});
			await goneOn;
			await answering.send(part('last'));
		},
	});
	const [one, two] = fleet.nodes;
	using first = new RawPeer(one!, two!.keys);
	using second = new RawPeer(one!, two!.keys);
	for (const raw of [first, second]) {
		await raw.prove(one!, two!.id, two!.keys.identity);
		const begun = await raw.ask('objects', 'x', {}, 'the-same-id');
		t.like([begun?.data, begun?.meta], ['first', {part: 0, more: true}] as never);
	}
	goOn();
	t.like(await second.hear(), {data: 'last', meta: {part: 1, more: false}} as never);
	t.is(one!.performed.length, 1);
});

test('whoever still waits for a stream of which nothing follows is told so', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	using raw = new RawPeer(one!, two!.keys);
	await raw.prove(one!, two!.id, two!.keys.identity);
	const told = await raw.ask('session', 'stream.credit', {id: 'unknown', bytes: 1});
	t.like(told, {action: 'stream.error', meta: {id: 'unknown'}});
	t.is(told?.data['code'], 'Unavailable');
});
