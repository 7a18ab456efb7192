import test from 'ava';
import {testInstance, testNode} from '../support/instance.js';
import {serveTestApi, serviceDocument, servicesPath, type TestApi} from '../support/serve.js';

const instancesPath = '/apis/motey.io/v1/namespaces/default/instances';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

async function withServices(api: TestApi, names: readonly string[]): Promise<void> {
	for (const name of names) await api.call('POST', servicesPath, {body: serviceDocument(name)});
}

const namesOf = (answer: {readonly body: {readonly items: readonly {readonly metadata: {readonly name: string}}[]}}): readonly string[] => answer.body.items.map(item => item.metadata.name);

test('label selectors of every form choose what they say', async t => {
	await using api = await serveTestApi();
	await withServices(api, ['a', 'b', 'c']);
	await api.call('PATCH', `${servicesPath}/c`, {body: {metadata: {labels: {tier: 'x', app: null}}}, type: 'application/merge-patch+json'});
	const chosen = async (selector: string): Promise<string> => namesOf(await api.call('GET', `${servicesPath}?labelSelector=${encodeURIComponent(selector)}`)).join('');
	t.is(await chosen('app=a'), 'a');
	t.is(await chosen('app==a'), 'a');
	t.is(await chosen('app!=a'), 'bc');
	t.is(await chosen('app in (a, b),!tier'), 'ab');
	t.is(await chosen('app notin (a)'), 'bc');
	t.is(await chosen('tier'), 'c');
	t.is(await chosen('!app'), 'c');
	t.is(await chosen('tier=x,app'), '');
	for (const bad of ['a=b=c', 'app in a', '=', 'a,,b', 'app in (a']) t.is((await api.call('GET', `${servicesPath}?labelSelector=${encodeURIComponent(bad)}`)).status, 400, bad);
});

test('field selectors choose by name, and by what the kind lets choose', async t => {
	await using api = await serveTestApi();
	await withServices(api, ['a', 'b']);
	await api.store.transact(transaction => {
		transaction.put(testInstance('one'));
		transaction.put(testInstance('two', {phase: 'Pending', nodeName: 'edge_02'}));
	});
	t.deepEqual(namesOf(await api.call('GET', `${servicesPath}?fieldSelector=metadata.name%3Db`)), ['b']);
	t.deepEqual(namesOf(await api.call('GET', `${servicesPath}?fieldSelector=metadata.name!%3Db`)), ['a']);
	t.deepEqual(namesOf(await api.call('GET', `${instancesPath}?fieldSelector=status.phase%3DRunning`)), ['one']);
	t.deepEqual(namesOf(await api.call('GET', `${instancesPath}?fieldSelector=spec.nodeName%3D%3Dedge_02,status.phase%3DPending`)), ['two']);
	const refused = await api.call('GET', `${servicesPath}?fieldSelector=foo%3Dbar`);
	t.is(refused.status, 400);
	t.is(refused.body.message, 'field label not supported: foo');
});

test('pages show the state at the revision of the first, or 410 when that is no longer held', async t => {
	await using api = await serveTestApi({limits: {snapshots: 1}});
	await withServices(api, ['a', 'b', 'c']);
	const first = await api.call('GET', `${servicesPath}?limit=1`);
	t.deepEqual(namesOf(first), ['a']);
	t.is(first.body.metadata.remainingItemCount, 2);
	await withServices(api, ['bb']);
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'c'}));
	const second = await api.call('GET', `${servicesPath}?limit=1&continue=${first.body.metadata.continue}`);
	t.deepEqual(namesOf(second), ['b']);
	t.is(second.body.metadata.resourceVersion, first.body.metadata.resourceVersion);
	const third = await api.call('GET', `${servicesPath}?limit=1&continue=${second.body.metadata.continue}`);
	t.deepEqual(namesOf(third), ['c']);
	t.is(third.body.metadata.continue, undefined);
	await api.call('GET', `${servicesPath}?limit=1`);
	const gone = await api.call('GET', `${servicesPath}?limit=1&continue=${second.body.metadata.continue}`);
	t.is(gone.status, 410);
	t.is(gone.body.reason, 'Expired');
	t.is((await api.call('GET', `${servicesPath}?limit=1&continue=rubbish`)).status, 410);
	t.is((await api.call('GET', `${servicesPath}?limit=x`)).status, 400);
});

test('a revision is latest at 0 and unset, 410 when this store never gave it, 400 when it is none', async t => {
	await using api = await serveTestApi();
	await withServices(api, ['a']);
	const status = async (revision: string): Promise<number> => (await api.call('GET', `${servicesPath}?resourceVersion=${revision}`)).status;
	t.is(await status('0'), 200);
	t.is(await status(''), 200);
	t.is(await status(api.store.revision()), 200);
	t.is(await status(String(BigInt(api.store.revision()) + 5n)), 410);
	t.is(await status('3'), 410);
	t.is(await status('abc'), 400);
});

test('tables show a row per object, with the columns of its kind and as much of the object as is asked for', async t => {
	await using api = await serveTestApi();
	await withServices(api, ['web']);
	await api.store.transact(transaction => {
		transaction.put(testInstance('one'));
		transaction.put(testNode('edge_01'));
	});
	const {body} = await api.call('GET', servicesPath, {accept: table});
	t.is(body.kind, 'Table');
	t.deepEqual(body.columnDefinitions.map((column: {name: string; priority: number}) => `${column.name}${column.priority}`), ['Name0', 'Ready0', 'Phase0', 'Images0', 'Age0', 'Engine1']);
	t.like(body.rows[0].object, {kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1'});
	t.deepEqual(body.rows[0].cells.toSpliced(4, 1), ['web', '<unknown>', 'Pending', 'shop/web:1', '<default>']);
	t.regex(body.rows[0].cells[4], /^\d+s$/u);
	t.is((await api.call('GET', `${servicesPath}?includeObject=Object`, {accept: table})).body.rows[0].object.kind, 'Service');
	t.is((await api.call('GET', `${servicesPath}?includeObject=None`, {accept: table})).body.rows[0].object, undefined);
	const one = await api.call('GET', `${servicesPath}/web`, {accept: table});
	t.is(one.body.rows.length, 1);
	t.deepEqual((await api.call('GET', instancesPath, {accept: table})).body.rows[0].cells.toSpliced(4, 1), ['one', 'Running', 'shop', 'edge_01', 'shop/web:1', 2]);
	t.deepEqual((await api.call('GET', '/apis/motey.io/v1/nodes', {accept: table})).body.rows[0].cells.toSpliced(3, 1), ['edge_01', 'Ready', '<none>', '0.1.0', '10.0.0.1']);
});

test('metadata alone is shown where it is asked for, and no type is ever not acceptable', async t => {
	await using api = await serveTestApi();
	await withServices(api, ['web']);
	const partial = await api.call('GET', `${servicesPath}/web`, {accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'});
	t.deepEqual(Object.keys(partial.body), ['kind', 'apiVersion', 'metadata']);
	const list = await api.call('GET', servicesPath, {accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'});
	t.is(list.body.kind, 'PartialObjectMetadataList');
	t.is(list.body.items[0].kind, 'PartialObjectMetadata');
	for (const accept of ['application/vnd.kubernetes.protobuf', 'text/html', 'application/json;as=Nothing', ';;,,=', '*/*']) {
		t.is((await api.call('GET', servicesPath, {accept})).body.kind, 'ServiceList', accept);
	}
});

test('core kinds are listed with the same machinery', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put(testNode('edge_01')));
	api.store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'web', namespace: 'default', uid: 'u'}, type: 'Normal', reason: 'Placed', message: 'on edge_01', component: 'service'});
	t.deepEqual(namesOf(await api.call('GET', '/api/v1/namespaces')), ['default']);
	t.deepEqual(namesOf(await api.call('GET', '/api/v1/nodes')), ['edge_01']);
	t.is((await api.call('GET', '/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3Du')).body.items[0].reason, 'Placed');
	t.is((await api.call('GET', '/apis/events.k8s.io/v1/events')).body.items[0].note, 'on edge_01');
	t.is((await api.call('POST', '/api/v1/nodes', {body: {}})).status, 405);
});
