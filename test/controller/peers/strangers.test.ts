import test from 'ava';
import {setTimeout as delay} from 'node:timers/promises';
import {proveSession} from '../../../controller/peers/session-proof.js';
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
	t.is((await raw.ask('node', 'node.tombstone', {}))?.action, 'node.tombstone.result');
	t.deepEqual(one!.performed.map(({action}) => action), ['node.tombstone']);
	const heard = two!.sockets.views().find(({id}) => id === one!.id)!;
	t.true(heard.silentMs < 6000);
	await eventually(() => two!.changes.some(({kind, id}) => kind === 'silent' && id === one!.id), {what: 'two to hear one no more'});

	const {data} = await three!.sockets.request(one!.id, {service: 'val', action: 'instance.list', data: 'still here'});
	t.is(data, 'still here');
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
