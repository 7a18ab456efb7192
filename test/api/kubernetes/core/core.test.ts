import test from 'ava';
import {serviceOf, edgeNode} from '../../support/objects.js';
import {serveTestApi, type TestApi} from '../../support/serve.js';

type Json = ReturnType<typeof JSON.parse>;

/** The first `count` events of a watch. */
async function watched(api: TestApi, path: string, {count, during}: {count: number; during: () => unknown}): Promise<readonly Json[]> {
	const abort = new AbortController();
	const response = await api.open(path, {signal: abort.signal});
	await during();
	const found: Json[] = [];
	let text = '';
	for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
		text += chunk;
		const whole = text.split('\n');
		text = whole.pop() ?? '';
		found.push(...whole.map(line => JSON.parse(line)));
		if (found.length >= count) break;
	}
	abort.abort();
	return found.slice(0, count);
}

const record = ({store}: TestApi, name: string, message = 'it happened'): void => {
	store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name, namespace: 'default', uid: `uid-${name}`}, type: 'Warning', reason: 'Tried', message, component: 'test'});
};

test('a namespace comes with its first object and goes with its last; default is always there', async t => {
	await using api = await serveTestApi();
	const names = async (): Promise<readonly string[]> => (await api.call('GET', '/api/v1/namespaces')).body.items.map((item: Json) => item.metadata.name);
	t.deepEqual(await names(), ['default']);
	const {resourceVersion} = (await api.call('GET', '/api/v1/namespaces')).body.metadata;
	const events = await watched(api, `/api/v1/namespaces?watch=1&resourceVersion=${resourceVersion}`, {count: 2, during: async () => {
		for (const name of ['a', 'b']) await api.store.transact(transaction => transaction.put(serviceOf(name, {namespace: 'prod'})));
		t.deepEqual(await names(), ['default', 'prod']);
		for (const name of ['a', 'b']) await api.store.transact(transaction => transaction.delete('Service', {namespace: 'prod', name}));
		t.deepEqual(await names(), ['default']);
	}});
	t.deepEqual(events.map(event => [event.type, event.object.metadata.name, event.object.status.phase]), [['ADDED', 'prod', 'Active'], ['DELETED', 'prod', 'Active']]);
	t.is((await api.call('GET', '/api/v1/namespaces/default')).body.kind, 'Namespace');
	t.is((await api.call('GET', '/api/v1/namespaces/prod')).status, 404);
	t.is((await api.call('POST', '/api/v1/namespaces', {body: {metadata: {name: 'x'}}})).status, 405);
});

test('a namespace keeps its uid', async t => {
	await using api = await serveTestApi();
	const uid = async (): Promise<string> => (await api.call('GET', '/api/v1/namespaces/default')).body.metadata.uid;
	t.is(await uid(), await uid());
	t.regex(await uid(), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/u);
});

test('a node has the fields that Kubernetes\' clients read', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put({...edgeNode(), spec: {unschedulable: true}}));
	const {body} = await api.call('GET', '/api/v1/nodes/edge_01');
	t.like(body, {apiVersion: 'v1', kind: 'Node', spec: {unschedulable: true}});
	t.like(body.status.capacity, {cpu: '4', memory: '8Gi'});
	t.deepEqual(body.status.addresses[0], {type: 'InternalIP', address: '192.0.2.7'});
	t.is(body.status.nodeInfo.containerRuntimeVersion, 'docker://20.10.24');
	const table = (await api.call('GET', '/api/v1/nodes', {accept: 'application/json;as=Table;v=v1;g=meta.k8s.io'})).body;
	t.is(table.rows[0].cells[1], 'Ready,SchedulingDisabled');
	const [event] = await watched(api, '/api/v1/nodes?watch=1', {count: 1, during: () => undefined});
	t.like(event, {type: 'ADDED', object: {apiVersion: 'v1', kind: 'Node'}});
});

test('events are found by what they are about, in both groups', async t => {
	await using api = await serveTestApi();
	record(api, 'web');
	record(api, 'other');
	const select = async (root: string, selector: string): Promise<readonly Json[]> => (await api.call('GET', `${root}/namespaces/default/events?fieldSelector=${encodeURIComponent(selector)}`)).body.items;
	for (const selector of ['involvedObject.name=web', 'involvedObject.uid=uid-web', 'involvedObject.kind=Service,involvedObject.name!=other', 'reason=Tried,type=Warning,involvedObject.name=web']) {
		t.deepEqual((await select('/api/v1', selector)).map(event => event.involvedObject.name), ['web'], selector);
	}
	const [event] = await select('/apis/events.k8s.io/v1', 'regarding.name=web');
	t.like(event, {apiVersion: 'events.k8s.io/v1', kind: 'Event', note: 'it happened', deprecatedCount: 1});
	t.regex(event.eventTime, /\.\d{6}Z$/u);
	t.is((await api.call('GET', '/api/v1/events?fieldSelector=nope=1')).status, 400);
});

test('a watch of events sees new ones, and old ones counted once more', async t => {
	await using api = await serveTestApi();
	record(api, 'web');
	const {resourceVersion} = (await api.call('GET', '/api/v1/events')).body.metadata;
	const events = await watched(api, `/api/v1/events?watch=1&resourceVersion=${resourceVersion}&fieldSelector=involvedObject.name%3Dweb`, {count: 2, during: () => {
		record(api, 'web');
		record(api, 'other');
		record(api, 'web', 'something else happened');
	}});
	t.deepEqual(events.map(event => [event.type, event.object.message, event.object.count]), [['MODIFIED', 'it happened', 2], ['ADDED', 'something else happened', 1]]);
});
