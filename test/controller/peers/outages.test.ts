import {once} from 'node:events';
import {createServer, type AddressInfo} from 'node:net';
import test from 'ava';
import {readMessage} from '../../../controller/peers/wire.js';
import {eventually} from '../../support/eventually.js';
import {openCut} from './cut.js';
import {Cluster, makeKeys, openCluster, openNode} from './peer-node.js';

test('a peer that is started again at another port is reached with what waited for it', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	await one!.sockets.request(two!.id, {service: 'val', action: 'instance.list', data: {}});
	await two![Symbol.asyncDispose]();
	await eventually(() => one!.sockets.views()[0]?.connected === false, {what: 'the link to be gone'});
	const waiting = one!.sockets.request(two!.id, {service: 'val', action: 'instance.list', data: 'waited', deadlineMs: 20_000});
	await using again = await openNode(fleet.cluster, two!.keys);
	fleet.cluster.put(two!.keys, [again.address]);
	await one!.sockets.membersChanged();
	t.is((await waiting).data, 'waited');
	await eventually(() => one!.changes.filter(({kind, id}) => kind === 'connected' && id === two!.id).length === 2, {what: 'the second connection to be told'});
	t.is(one!.sockets.views()[0]?.doubled, false);
});

test('several known addresses are tried in turn', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	fleet.cluster.put(two!.keys, [{host: '127.0.0.1', port: 1, publishPort: 1}, {host: 'no-such-host.invalid', port: 1, publishPort: 1}, {...two!.address, host: 'localhost'}]);
	await using third = await openNode(fleet.cluster, await makeKeys('three'));
	fleet.cluster.put(third.keys, [third.address]);
	for (const node of fleet.nodes) await node.sockets.membersChanged();
	const {data} = await third.sockets.request(two!.id, {service: 'val', action: 'instance.list', data: 'found', deadlineMs: 20_000});
	t.is(data, 'found');
	t.truthy(one);
});

test('where an agent with the key of a peer refuses this node, the peer is heard at its other address without a break', async t => {
	const cluster = new Cluster();
	await using one = await openNode(cluster, await makeKeys('one'));
	await using two = await openNode(cluster, await makeKeys('two'));
	// A copy of its disk from before this node joined.
	await using other = await openNode(new Cluster(), two.keys);
	await using present = await openCut(two.address.publishPort);
	await using old = await openCut(other.address.publishPort);
	cluster.put(one.keys, [one.address]);
	cluster.put(two.keys, [{...two.address, publishPort: old.port}, {...two.address, publishPort: present.port}]);
	await two.sockets.membersChanged();
	await one.sockets.membersChanged();
	await eventually(() => old.accepted() >= 3, {what: 'the old address to have been tried again'});
	t.is(present.accepted(), 1);
});

test('where something else answers at an address of a peer, it is tried again there', async t => {
	const cluster = new Cluster();
	await using one = await openNode(cluster, await makeKeys('one'));
	const two = await makeKeys('two');
	let asked = 0;
	const web = createServer(socket => {
		asked += 1;
		socket.on('error', () => undefined).resume().write('HTTP/1.1 400 Bad Request\r\n\r\n');
	});
	web.listen(0, '127.0.0.1');
	await once(web, 'listening');
	t.teardown(() => web.close());
	const {port} = web.address() as AddressInfo;
	cluster.put(two, [{host: '127.0.0.1', port: 1, publishPort: port}]);
	await one.sockets.membersChanged();
	await eventually(() => asked >= 5, {what: 'it to be tried again more often than silence alone would have it'});
	t.pass();
});

test('a silent cut is known after 4 s, and 2 s after it heals everything works again', async t => {
	const cluster = new Cluster();
	await using one = await openNode(cluster, await makeKeys('one'));
	await using two = await openNode(cluster, await makeKeys('two'));
	await using requests = await openCut(two.address.port);
	await using publications = await openCut(two.address.publishPort);
	cluster.put(one.keys, [one.address]);
	cluster.put(two.keys, [{host: '127.0.0.1', port: requests.port, publishPort: publications.port}]);
	await two.sockets.membersChanged();
	await one.sockets.membersChanged();
	const has = (kind: string, since: number) => one.changes.slice(since).some(change => change.kind === kind && change.id === two.id);
	await eventually(() => has('connected', 0) && has('news', 0), {what: 'the link'});

	let seen = one.changes.length;
	for (const cut of [requests, publications]) cut.cut();
	const cutAt = performance.now();
	const waiting = one.sockets.request(two.id, {service: 'val', action: 'instance.assign', data: 'during', deadlineMs: 30_000});
	await eventually(() => has('silent', seen), {what: 'the silence', everyMs: 10});
	t.true(performance.now() - cutAt <= 4300, `${performance.now() - cutAt} ms`);
	await eventually(() => one.sockets.views()[0]?.connected === false, {what: 'the link to be given up'});
	await eventually(() => one.sockets.views()[0]!.silentMs > 8000, {what: 'a longer outage'});

	seen = one.changes.length;
	for (const cut of [requests, publications]) cut.heal();
	const healedAt = performance.now();
	t.is((await waiting).data, 'during');
	await eventually(() => has('heard', seen) && has('connected', seen), {what: 'the peer to be heard', everyMs: 10});
	t.true(performance.now() - healedAt <= 2500, `${performance.now() - healedAt} ms`);
	t.is(two.performed.filter(({data}) => data === 'during').length, 1);
});

test('two agents under one id are told from each other and from one that was started again', async t => {
	const cluster = new Cluster();
	await using one = await openNode(cluster, await makeKeys('one'));
	await using two = await openNode(cluster, await makeKeys('two'));
	await using copy = await openNode(cluster, two.keys);
	cluster.put(one.keys, [one.address]);
	cluster.put(two.keys, [two.address, copy.address]);
	await two.sockets.membersChanged();
	await copy.sockets.membersChanged();
	await one.sockets.membersChanged();
	await eventually(() => one.sockets.views()[0]?.doubled === true, {what: 'both to be heard'});
	t.is(one.lines.filter(({message}) => message === 'two agents speak under the id of a peer: its disk was copied').length, 1, 'and said once');
	await copy[Symbol.asyncDispose]();
	await eventually(() => one.sockets.views()[0]?.doubled === false, {what: 'only one to be heard'});
	t.pass();
});

test('an answer that was lost with its link is given again without a second effect', async t => {
	const cluster = new Cluster();
	await using one = await openNode(cluster, await makeKeys('one'));
	await using two = await openNode(cluster, await makeKeys('two'), {
		serve(_caller, frames, answering) {
			requests.cut();
			void answering.send([...frames.slice(0, 3), Buffer.from('instance.assign.result'), ...frames.slice(4)]);
			t.truthy(readMessage(frames));
		},
	});
	await using requests = await openCut(two.address.port);
	cluster.put(one.keys, [one.address]);
	cluster.put(two.keys, [{...two.address, port: requests.port}]);
	await two.sockets.membersChanged();
	await one.sockets.membersChanged();
	await eventually(() => one.sockets.views()[0]?.connected === true, {what: 'the link'});
	const waiting = one.sockets.request(two.id, {service: 'val', action: 'instance.assign', data: 'once', deadlineMs: 30_000});
	await eventually(() => two.performed.length === 1 && one.sockets.views()[0]?.connected === false, {what: 'the link to break'});
	requests.heal();
	t.is((await waiting).data, 'once');
	t.is(two.performed.length, 1);
});

test('a node that cannot listen where it is told to goes on where it listened before, as soon as it can', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	const {port, publishPort} = one!.address;
	const moving = one!.sockets.listen({host: '127.0.0.1', port: two!.address.port, publishPort: 0});
	// Somebody else takes the port meanwhile.
	const squatter = createServer(socket => socket.destroy());
	await eventually(async () => {
		squatter.listen(port, '127.0.0.1');
		await once(squatter, 'listening');
		return true;
	}, {everyMs: 20});
	await t.throwsAsync(moving, {code: 'EADDRINUSE'});
	squatter.close();
	await once(squatter, 'close');
	const {data} = await two!.sockets.request(one!.id, {service: 'val', action: 'instance.list', data: 'again', deadlineMs: 30_000});
	t.is(data, 'again');
	const heard = two!.changes.length;
	await eventually(() => {
		one!.sockets.announce(`${performance.now()}`);
		return two!.changes.slice(heard).some(({kind, id}) => kind === 'news' && id === one!.id);
	}, {what: `news from port ${publishPort}`});
});
