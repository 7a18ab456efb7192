import {connect, type Socket} from 'node:net';
import test from 'ava';
import {eventually} from '../../support/eventually.js';
import {testInstance} from '../support/instance.js';
import {serveTestApi, serviceDocument, servicesPath as path, type TestApi} from '../support/serve.js';
import {readWatch} from '../support/watching.js';

const merge = 'application/merge-patch+json';
const instancesPath = '/apis/motey.io/v1/instances';

const scale = async (api: TestApi, replicas: number): Promise<string> =>
	String((await api.call('PATCH', `${path}/web`, {body: {spec: {replicas}}, type: merge})).body.metadata.resourceVersion);
const shown = (events: readonly {readonly type: string; readonly object: {readonly metadata: {readonly name: string}}}[]): readonly string[] => events.map(({type, object}) => `${type} ${object.metadata.name}`);

test('a watch without a revision tells the state and then every change, in order', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const response = await api.open(`${path}?watch=true`);
	t.is(response.headers.get('content-type'), 'application/json');
	const watch = readWatch(response);
	await watch.take(1);
	for (const replicas of [2, 3, 4]) await scale(api, replicas);
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'web'}));
	const events = await watch.take(5);
	t.deepEqual(events.map(({type, object}) => [type, object.spec.replicas]), [['ADDED', 1], ['MODIFIED', 2], ['MODIFIED', 3], ['MODIFIED', 4], ['DELETED', 4]]);
	const revisions = events.map(({object}) => BigInt(object.metadata.resourceVersion));
	t.deepEqual([...revisions].sort((a, b) => (a < b ? -1 : 1)), revisions);
	t.is(String(revisions.at(-1)), api.store.revision());
});

test('a watch from a revision tells what came after it, once', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const revision = await scale(api, 2);
	await scale(api, 3);
	const watch = readWatch(await api.open(`${path}?watch=1&resourceVersion=${revision}`));
	await watch.take(1);
	await scale(api, 4);
	t.deepEqual((await watch.take(2)).map(({object}) => object.spec.replicas), [3, 4]);
});

test('another namespace and another kind are not seen', async t => {
	await using api = await serveTestApi();
	const watch = readWatch(await api.open(`${path}?watch=true`));
	await api.call('POST', '/apis/motey.io/v1/namespaces/other/services', {body: serviceDocument('far')});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	await api.call('POST', path, {body: serviceDocument('near')});
	t.deepEqual(shown(await watch.take(1)), ['ADDED near']);
});

test('what leaves a selector is deleted, what enters it is added', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const labels = readWatch(await api.open(`${path}?watch=true&labelSelector=tier%3Da`));
	const fields = readWatch(await api.open(`${instancesPath}?watch=true&fieldSelector=status.phase%3DRunning`));
	for (const tier of ['a', 'a2', 'a']) await api.call('PATCH', `${path}/web`, {body: {metadata: {labels: {tier}}}, type: merge});
	await api.call('PATCH', `${path}/web`, {body: {spec: {replicas: 9}}, type: merge});
	const events = await labels.take(4);
	t.deepEqual(shown(events), ['ADDED web', 'DELETED web', 'ADDED web', 'MODIFIED web']);
	t.is(events[1]!.object.metadata.labels.tier, 'a2');
	for (const phase of ['Pending', 'Running', 'Pending'] as const) await api.store.transact(transaction => transaction.put(testInstance('one', {phase})));
	t.deepEqual(shown(await fields.take(2)), ['ADDED one', 'DELETED one']);
});

test('the selector sees what left it also when the change is read from history', async t => {
	await using api = await serveTestApi();
	const {body} = await api.call('POST', path, {body: serviceDocument('web')});
	await api.call('PATCH', `${path}/web`, {body: {metadata: {labels: {app: 'other'}}}, type: merge});
	const watch = readWatch(await api.open(`${path}?watch=true&labelSelector=app%3Dweb&resourceVersion=${body.metadata.resourceVersion}`));
	t.deepEqual(shown(await watch.take(1)), ['DELETED web']);
});

test('a single object is watched by its name', async t => {
	await using api = await serveTestApi();
	for (const name of ['a', 'b']) await api.call('POST', path, {body: serviceDocument(name)});
	const watch = readWatch(await api.open(`${path}?watch=true&fieldSelector=metadata.name%3Db&resourceVersion=0`));
	t.deepEqual(shown(await watch.take(1)), ['ADDED b']);
});

test('a revision out of reach is told in the stream, which then ends', async t => {
	await using api = await serveTestApi();
	for (const revision of ['3', String(BigInt(api.store.revision()) + 10n)]) {
		const response = await api.open(`${path}?watch=true&resourceVersion=${revision}`);
		t.is(response.status, 200);
		const lines = (await response.text()).trim().split('\n').map(line => JSON.parse(line));
		t.is(lines.length, 1);
		t.like(lines[0], {type: 'ERROR', object: {kind: 'Status', code: 410, reason: 'Expired'}});
	}
	t.is((await api.call('GET', `${path}?watch=true&resourceVersion=abc`)).status, 400);
});

test('bookmarks tell an idle watcher how far the node is, and the end of the state to who asks', async t => {
	await using api = await serveTestApi({limits: {bookmarkMs: 50}});
	await api.call('POST', path, {body: serviceDocument('web')});
	const watch = readWatch(await api.open(`${path}?watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`));
	const [added, end] = await watch.take(2);
	t.is(added!.type, 'ADDED');
	t.is(end!.type, 'BOOKMARK');
	t.is(end!.object.metadata.annotations['k8s.io/initial-events-end'], 'true');
	t.like(end!.object, {kind: 'Service', apiVersion: 'motey.io/v1'});
	await api.store.transact(transaction => transaction.put(testInstance('one')));
	await eventually(() => watch.events.at(-1)?.object.metadata.resourceVersion === api.store.revision());
	t.is(watch.events.at(-1)!.type, 'BOOKMARK');
});

test('a table watch sends a row per event', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const watch = readWatch(await api.open(`${path}?watch=true`, {accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'}));
	const [event] = await watch.take(1);
	t.is(event!.type, 'ADDED');
	t.is(event!.object.kind, 'Table');
	t.is(event!.object.rows[0].cells[0], 'web');
});

test('server-sent events carry the revision as their id, by which a client goes on', async t => {
	await using api = await serveTestApi();
	await api.call('POST', path, {body: serviceDocument('web')});
	const client = new AbortController();
	const response = await api.open(`${path}?watch=true`, {accept: 'text/event-stream', signal: client.signal});
	t.is(response.headers.get('content-type'), 'text/event-stream');
	const watch = readWatch(response);
	const text = await eventually(() => (watch.text().endsWith('\n\n') ? watch.text() : undefined));
	const found = /^id: (?<id>\d+)\ndata: (?<data>\{.*\})\n\n$/u.exec(text)?.groups;
	t.is(JSON.parse(found!['data']!).type, 'ADDED');
	client.abort();
	await scale(api, 2);
	const again = readWatch(await api.open(`${path}?watch=true`, {accept: 'text/event-stream', headers: {'last-event-id': found!['id']!}}));
	t.true((await eventually(() => (again.text().endsWith('\n\n') ? again.text() : undefined))).includes('"MODIFIED"'));
});

test('a watch ends cleanly when its time is over, and when the process ends', async t => {
	await using api = await serveTestApi();
	t.is(await (await api.open(`${path}?watch=true&timeoutSeconds=1`)).text(), '');
	const response = await api.open(`${path}?watch=true`);
	api.close();
	t.is(await response.text(), '');
});

test('there are so many watches and no more, of a token and in all', async t => {
	const counts: number[] = [];
	await using api = await serveTestApi({limits: {watches: 3, watchesPerToken: 2}, meter: {answered: () => undefined, watchers: count => counts.push(count)}});
	const client = new AbortController();
	await Promise.all([1, 2].map(async () => api.open(`${path}?watch=true`, {signal: client.signal})));
	const refused = await api.call('GET', `${path}?watch=true`);
	t.is(refused.status, 429);
	t.is(refused.headers.get('retry-after'), '5');
	t.is((await api.open(`${path}?watch=true`, {token: api.viewToken})).status, 200);
	client.abort();
	await eventually(() => counts.at(-1) === 1);
	t.is((await api.open(`${path}?watch=true`)).status, 200);
});

test('a stalled watcher costs no more than its bound, is closed, and holds up nobody else', async t => {
	await using api = await serveTestApi({limits: {watchBlockedMs: 1000, watchBufferBytes: 131_072}});
	const accepted = new Set<Socket>();
	api.served.server.on('connection', (one: Socket) => {
		accepted.add(one);
		one.once('close', () => accepted.delete(one));
	});
	const socket = connect(api.served.port, '127.0.0.1');
	socket.pause();
	socket.write(`GET ${path}?watch=true HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${api.token}\r\n\r\n`);
	const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
	const other = readWatch(await api.open(`${path}?watch=true`));
	const large = 'x'.repeat(100_000);
	await api.call('POST', path, {body: serviceDocument('web')});
	const writes = 150;
	let waiting = 0;
	for (let round = 1; round <= writes; round += 1) {
		await api.call('PATCH', `${path}/web`, {body: {metadata: {annotations: {large, round: String(round)}}}, type: merge});
		waiting = Math.max(waiting, ...[...accepted].map(({writableLength}) => writableLength));
	}
	t.is((await other.take(writes + 1)).length, writes + 1);
	t.true(waiting > 65_536, 'it is stalled');
	t.true(waiting < 400_000, `${waiting} bytes wait for it`);
	await eventually(() => [...accepted].every(({writableLength}) => writableLength < 65_536));
	socket.on('error', () => undefined);
	socket.resume();
	await closed;
});

for (const bookmarks of [false, true]) test(`a slow watcher that was paused goes on where it stopped, without gap or repeat${bookmarks ? ', though bookmarks come meanwhile' : ''}`, async t => {
	await using api = await serveTestApi({limits: {watchBlockedMs: 20_000, watchBufferBytes: 65_536, bookmarkMs: 20}});
	const socket = connect(api.served.port, '127.0.0.1');
	socket.pause();
	socket.write(`GET ${path}?watch=true${bookmarks ? '&allowWatchBookmarks=true' : ''} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${api.token}\r\n\r\n`);
	await api.call('POST', path, {body: serviceDocument('web')});
	const large = 'x'.repeat(100_000);
	const writes = 120;
	for (let round = 1; round <= writes; round += 1) await api.call('PATCH', `${path}/web`, {body: {metadata: {annotations: {large, round: String(round)}}}, type: merge});
	let text = '';
	socket.on('data', chunk => {
		text += chunk.toString();
	});
	socket.resume();
	await eventually(() => text.includes(`"round":"${writes}"`), {withinMs: 60_000});
	socket.destroy();
	const rounds = [...text.matchAll(/"round":"(?<round>\d+)"/gu)].map(({groups}) => Number(groups!['round']));
	t.deepEqual(rounds, Array.from({length: writes}, (_, index) => index + 1));
});

test('a hundred watchers all hear of every change in order', async t => {
	await using api = await serveTestApi({limits: {watchesPerToken: 200}});
	await api.call('POST', path, {body: serviceDocument('web')});
	const watches = await Promise.all(Array.from({length: 100}, async () => readWatch(await api.open(`${path}?watch=true`))));
	for (let replicas = 2; replicas <= 21; replicas += 1) await scale(api, replicas);
	for (const watch of watches) {
		t.deepEqual((await watch.take(21)).map(({object}) => object.spec.replicas), Array.from({length: 21}, (_, index) => index + 1));
	}
});

test('events of core kinds are watched as well', async t => {
	await using api = await serveTestApi();
	const watch = readWatch(await api.open('/api/v1/events?watch=true'));
	api.store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'web', namespace: 'default', uid: 'u'}, type: 'Normal', reason: 'Placed', message: 'on edge_01', component: 'service'});
	t.is((await watch.take(1))[0]!.object.reason, 'Placed');
});
