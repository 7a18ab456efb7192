import {setMaxListeners} from 'node:events';
import test from 'ava';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import {eventually} from '../../support/eventually.js';
import {readJson, readMessage, writeMessage} from '../../../controller/peers/wire.js';
import {makeKeys, openCluster} from './peer-node.js';

test('a member asks another member and is known to it by its id', async t => {
	await using fleet = await openCluster(['one', 'two']);
	const [one, two] = fleet.nodes;
	const answer = await one!.sockets.request(two!.id, {service: 'val', action: 'instance.list', data: {owner: 'me'}, binary: Buffer.from('beside')});
	t.deepEqual(answer.data, {owner: 'me'});
	t.is(answer.binary?.toString(), 'beside');
	t.deepEqual(two!.performed, [{caller: {kind: 'member', nodeId: one!.id}, action: 'instance.list', data: {owner: 'me'}}]);
});

test('an error of the other side comes back as a PeerError with a code', async t => {
	await using fleet = await openCluster(['one', 'two'], {
		serve(_caller, frames, answering) {
			const {service, action, data, meta} = readMessage(frames)!;
			void answering.send(writeMessage({service, action: `${action}.error`, data: {code: readJson(data), message: 'it said so'}, meta: readJson(meta)}));
		},
	});
	const [one, two] = fleet.nodes;
	for (const [said, code] of [['NotFound', 'NotFound'], ['Conflict', 'Conflict'], ['Forbidden', 'Refused'], ['BadRequest', 'Refused'], ['Unavailable', 'Unreachable'], ['Internal', 'Failed']] as const) {
		const error = await t.throwsAsync(one!.sockets.request(two!.id, {service: 'val', action: 'x', data: said}), {instanceOf: PeerError, message: 'it said so'});
		t.is(error.code, code);
	}
});

test('whoever is no member is not asked', async t => {
	await using fleet = await openCluster(['one']);
	const error = await t.throwsAsync(fleet.nodes[0]!.sockets.request('a'.repeat(26), {service: 'val', action: 'x', data: {}}), {instanceOf: PeerError});
	t.is(error.code, 'Unreachable');
});

test('a request to a member that is not there fails by its deadline, and one that is aborted at once', async t => {
	await using fleet = await openCluster(['one']);
	const [one] = fleet.nodes;
	const away = await makeKeys('away');
	fleet.cluster.put(away, [{host: '127.0.0.1', port: 1, publishPort: 1}]);
	await one!.sockets.membersChanged();
	const startedAt = performance.now();
	const error = await t.throwsAsync(one!.sockets.request(away.identity.id, {service: 'val', action: 'x', data: {}, deadlineMs: 300}), {instanceOf: PeerError});
	t.is(error.code, 'Unreachable');
	t.true(performance.now() - startedAt < 2000);
	const aborting = new AbortController();
	const aborted = one!.sockets.request(away.identity.id, {service: 'val', action: 'x', data: {}, signal: aborting.signal});
	aborting.abort(new Error('enough'));
	await t.throwsAsync(aborted, {message: 'enough'});
});

test('at most 1 000 requests and 8 MiB wait for a member that is away', async t => {
	await using fleet = await openCluster(['one']);
	const [one] = fleet.nodes;
	const away = await makeKeys('away');
	fleet.cluster.put(away, []);
	await one!.sockets.membersChanged();
	const signal = AbortSignal.timeout(2000);
	setMaxListeners(0, signal);
	const ask = async (data: unknown) => one!.sockets.request(away.identity.id, {service: 'val', action: 'x', data, signal}).then(() => 'answered', (error: unknown) => (error instanceof PeerError ? 'no room' : 'waited'));
	const many = await Promise.all(Array.from({length: 1001}, async () => ask({})));
	t.deepEqual([many.filter(each => each === 'waited').length, many.at(-1)], [1000, 'no room']);
	const signalOfBig = AbortSignal.timeout(500);
	const big = await Promise.all(Array.from({length: 9}, async () =>
		one!.sockets.request(away.identity.id, {service: 'val', action: 'x', data: 'x'.repeat(2 ** 20 - 100), signal: signalOfBig}).then(() => '', (error: unknown) => (error instanceof PeerError ? 'no room' : 'waited'))));
	t.deepEqual([big.filter(each => each === 'waited').length, big.at(-1)], [8, 'no room']);
});

test('a streamed answer arrives whole and in order, faster than it is read or slower', async t => {
	const parts = 400;
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			for (let part = 0; part < parts; part++) await answering.send(writeMessage({service, action: `${action}.result`, data: part, meta: readJson(meta), binary: Buffer.alloc(64 * 1024)}), {more: true});
			await answering.send(writeMessage({service, action: `${action}.result`, data: parts, meta: readJson(meta)}));
		},
	});
	const [one, two] = fleet.nodes;
	let next = 0;
	let bytes = 0;
	for await (const {data, binary} of one!.sockets.stream(two!.id, {service: 'val', action: 'instance.logs', data: {}})) {
		if (data !== next) t.fail(`part ${next} is ${String(data)}`);
		next++;
		bytes += binary?.length ?? 0;
		if (next % 100 === 0) await new Promise(resolve => setTimeout(resolve, 50));
	}
	t.deepEqual([next, bytes], [parts + 1, parts * 64 * 1024]);
});

test('a streamed answer of many small parts does not run out of room', async t => {
	const parts = 20_000;
	await using fleet = await openCluster(['one', 'two'], {
		records: false,
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			for (let part = 0; part < parts; part++) await answering.send(writeMessage({service, action: `${action}.result`, data: part, meta: readJson(meta)}), {more: true});
			await answering.send(writeMessage({service, action: `${action}.result`, data: parts, meta: readJson(meta)}));
		},
	});
	const [one, two] = fleet.nodes;
	let last: unknown;
	for await (const {data} of one!.sockets.stream(two!.id, {service: 'val', action: 'instance.logs', data: {}, signal: AbortSignal.timeout(60_000)})) last = data;
	t.is(last, parts);
});

test('a streamed answer that is given up by its signal ends at the other side', async t => {
	let end: (value: number) => void = () => undefined;
	const ended = new Promise<number>(resolve => (end = resolve));
	await using fleet = await openCluster(['one', 'two'], {
		serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			const startedAt = performance.now();
			answering.signal.addEventListener('abort', () => end(performance.now() - startedAt));
			void answering.send(writeMessage({service, action: `${action}.result`, data: 0, meta: readJson(meta)}), {more: true});
		},
	});
	const [one, two] = fleet.nodes;
	const giveUp = new AbortController();
	await t.throwsAsync(async () => {
		for await (const {data} of one!.sockets.stream(two!.id, {service: 'val', action: 'instance.logs', data: {}, signal: giveUp.signal})) {
			t.is(data, 0);
			giveUp.abort(new Error('enough'));
		}
	}, {message: 'enough'});
	t.true(await ended < 10_000, 'which is before the answerer gives up a silent asker');
});

test('a part that is too long ends the answer and tells its maker', async t => {
	let end: (value: number) => void = () => undefined;
	const ended = new Promise<number>(resolve => (end = resolve));
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			let sent = 0;
			for (; !answering.signal.aborted; sent++) await answering.send(writeMessage({service, action: `${action}.result`, data: sent, meta: readJson(meta), binary: Buffer.alloc(sent < 2 ? 100 : 2 * 2 ** 20)}), {more: true});
			end(sent);
		},
	});
	const [one, two] = fleet.nodes;
	const heard: unknown[] = [];
	const error = await t.throwsAsync(async () => {
		for await (const {data} of one!.sockets.stream(two!.id, {service: 'val', action: 'instance.logs', data: {}})) heard.push(data);
	}, {instanceOf: PeerError, message: /longer than 1 MiB/});
	t.deepEqual([error.code, heard], ['Failed', [0, 1]]);
	t.is(await ended, 3);
});

test('leaving a streamed answer ends it at the other side', async t => {
	let end: (sent: number) => void = () => undefined;
	const ended = new Promise<number>(resolve => (end = resolve));
	await using fleet = await openCluster(['one', 'two'], {
		async serve(_caller, frames, answering) {
			const {service, action, meta} = readMessage(frames)!;
			let sent = 0;
			for (; !answering.signal.aborted; sent++) await answering.send(writeMessage({service, action: `${action}.result`, data: sent, meta: readJson(meta), binary: Buffer.alloc(64 * 1024)}), {more: true});
			end(sent);
		},
	});
	const [one, two] = fleet.nodes;
	for await (const {data} of one!.sockets.stream(two!.id, {service: 'val', action: 'instance.logs', data: {}})) {
		if (data === 30) break;
	}
	t.true(await ended < 100);
});

test('members hear each other’s heartbeats and news', async t => {
	await using fleet = await openCluster(['one', 'two', 'three']);
	const [one, two, three] = fleet.nodes;
	await eventually(() => one!.changes.filter(({kind}) => kind === 'connected').length === 2 && one!.changes.filter(({kind}) => kind === 'news').length >= 2, {what: 'one to be linked to both others'});
	await eventually(() => two!.changes.some(({kind, id}) => kind === 'news' && id === one!.id), {what: 'two to hear the first heartbeat of one'});
	const before = two!.changes.length;
	one!.sockets.announce('17');
	await eventually(() => two!.changes.slice(before).some(({kind, id}) => kind === 'news' && id === one!.id), {what: 'two to hear the news of one', everyMs: 2});
	t.deepEqual(one!.sockets.views().map(({connected, doubled}) => ({connected, doubled})), [{connected: true, doubled: false}, {connected: true, doubled: false}]);
	t.true(one!.sockets.views().every(({silentMs}) => silentMs < 3000));
	t.truthy(three);
});
