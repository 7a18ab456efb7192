import test from 'ava';
import {createApi} from '../../../api/server.js';
import {keyOf} from '../../../store/resources/kinds.js';
import {eventually} from '../../support/eventually.js';
import {finishDeletions} from '../support/finish-deletions.js';
import {listen} from '../support/listen.js';
import {keepCapabilities} from '../support/local-node.js';
import {edgeNode, instanceOf} from '../support/objects.js';
import {serveTestApi, type Overrides, type TestApi} from '../support/serve.js';

/** The original's client: no token, YAML in, JSON out. */
interface Original extends AsyncDisposable {
	readonly api: TestApi;
	ask(method: string, path: string, body?: string, type?: string): Promise<{readonly status: number; readonly headers: Headers; readonly body: ReturnType<typeof JSON.parse>}>;
}

async function serveOriginal(overrides: Overrides = {}): Promise<Original> {
	const api = await serveTestApi({authentication: {compatibility: true, hostNames: []}, ...overrides});
	await api.store.transact(transaction => transaction.put(edgeNode()));
	const {node} = api.dependencies;
	const served = await listen(createApi({...api.dependencies, node: {...node, capabilities: keepCapabilities(api.store)}}));
	const stop = finishDeletions(api.store);
	return {
		api,
		async ask(method, path, body, type = 'application/x-yaml') {
			const answer = await fetch(`${served.url}${path}`, {method, ...(body === undefined ? {} : {body, headers: {'content-type': type}})});
			const text = await answer.text();
			return {status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text)};
		},
		async [Symbol.asyncDispose]() {
			stop();
			await served[Symbol.asyncDispose]();
			await api[Symbol.asyncDispose]();
		},
	};
}

const shop = 'service_name: shop\nimages:\n  - name: shop/web:1.4\n    engine: docker\n    parameters: {ports: {80/tcp: 8080}}\n    capabilities: [docker]\n';

test('no services are an empty list', async t => {
	await using original = await serveOriginal();
	t.deepEqual((await original.ask('GET', '/v1/service')).body, []);
});

test('a posted blueprint is a Service: 201 and where it is, then 200 whether it changes or not', async t => {
	await using original = await serveOriginal();
	const made = await original.ask('POST', '/v1/service', shop);
	t.is(made.status, 201);
	t.like(made.body, {service_name: 'shop', state: 0});
	t.is(made.headers.get('location'), `/v1/service/${made.body.id}`);
	t.is((await original.ask('GET', made.headers.get('location') ?? '')).body.service_name, 'shop');

	const {resourceVersion} = original.api.store.list('Service').items[0]!.metadata;
	t.is((await original.ask('POST', '/v1/service', shop)).status, 200);
	t.is(original.api.store.list('Service').items[0]!.metadata.resourceVersion, resourceVersion, 'the same again writes nothing');
	t.is((await original.ask('POST', '/v1/service', shop.replace('1.4', '1.5'))).status, 200);
	t.is(original.api.store.list('Service').items[0]!.spec.images[0]!.image, 'shop/web:1.5');
});

test('YAML and JSON are taken under every name they have', async t => {
	await using original = await serveOriginal();
	for (const type of ['application/x-yaml', 'application/x-yaml; charset=utf-8', 'application/yaml', 'text/yaml']) t.true((await original.ask('POST', '/v1/service', shop, type)).status < 300, type);
	t.is((await original.ask('POST', '/v1/service', '{"service_name":"json","images":[{"name":"web","capabilities":{}}]}', 'application/json')).status, 201);
});

test('every Service is shown in the original\'s form, with its number for the state, whoever wrote it', async t => {
	await using original = await serveOriginal();
	const {store} = original.api;
	await original.ask('POST', '/v1/service', shop);
	const service = store.list('Service').items[0]!;
	await store.transact(transaction => transaction.put(instanceOf(service, 0)));
	const {body: [shown]} = await original.ask('GET', '/v1/service');
	t.deepEqual(Object.keys(shown).sort(), ['id', 'images', 'service_name', 'state', 'state_message']);
	t.like(shown.images[0], {name: 'shop/web:1.4', engine: 'docker', id: 'engine-0', node: 'edge_01', state: 2});

	await original.api.call('POST', '/apis/motey.io/v1/namespaces/elsewhere/services', {body: {metadata: {name: 'new'}, spec: {images: [{image: 'nginx'}]}}});
	t.deepEqual((await original.ask('GET', '/v1/service')).body.map((one: {service_name: string}) => one.service_name).sort(), ['new', 'shop']);
});

test('a service is deleted by the blueprint that made it, by its id, by its name in the path; 404 when there is none', async t => {
	await using original = await serveOriginal();
	const make = async (): Promise<string> => (await original.ask('POST', '/v1/service', shop)).body.id;
	const gone = async (status: number): Promise<void> => {
		t.is(status, 201);
		await eventually(() => original.api.store.list('Service').items.length === 0);
	};
	await make();
	await gone((await original.ask('DELETE', '/v1/service', shop)).status);
	const id = await make();
	await gone((await original.ask('DELETE', '/v1/service', `id: ${id}`)).status);
	await make();
	await gone((await original.ask('DELETE', '/v1/service/shop')).status);
	await make();
	await gone((await original.ask('DELETE', '/v1/service', '{"service_name": "shop"}', 'application/json')).status);
	t.is((await original.ask('DELETE', '/v1/service', shop)).status, 404);
	t.is((await original.ask('DELETE', '/v1/service/shop')).status, 404);
	t.is((await original.ask('GET', '/v1/service/shop')).status, 404);
	t.is((await original.ask('DELETE', '/v1/service', 'images: []')).status, 400);
});

for (const [what, body, pattern] of [
	['nothing', '', /empty/u],
	['broken YAML', 'a: [', /line/u],
	['two documents', `${shop}---\n${shop}`, /several documents/u],
	['no images', 'service_name: x', /images/u],
	['a misspelt field', `${shop}imagess: []\n`, /line 7: .*imagess/u],
	['a name outside the alphabet', shop.replace('shop\n', 'my shop\n'), /nearest is my-shop/u],
	['an alias bomb', `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({length: 8}, (_, index) => `b${index}: &b${index} [${Array.from({length: 9}, () => `*${index === 0 ? 'a' : `b${index - 1}`}`).join(',')}]`).join('\n')}`, /./u],
	['a forbidden key', `${shop}__proto__: {a: 1}\n`, /./u],
] as const) {
	test(`${what} is 400 with the reason, and stores nothing`, async t => {
		await using original = await serveOriginal();
		const {status, body: answer} = await original.ask('POST', '/v1/service', body);
		t.is(status, 400);
		t.like(answer, {kind: 'Status', reason: 'BadRequest'});
		t.regex(answer.message, pattern);
		t.deepEqual(original.api.store.list('Service').items, []);
	});
}

test('what is too large is 413, what policy forbids 403, an unknown method 405, an unknown path 404', async t => {
	const refusal = {kind: 'forbidden', field: 'parameters.privileged', rule: 'Privileged', message: 'not here', fix: 'allow it'} as const;
	await using original = await serveOriginal({limits: {bodyBytes: 4096}, admission: {review: entry => (entry.parameters?.['privileged'] === true ? [refusal] : [])}});
	t.is((await original.ask('POST', '/v1/service', `${shop}# ${'x'.repeat(5000)}`)).status, 413);
	t.is((await original.ask('POST', '/v1/service', 'service_name: x\nimages: [{name: web, parameters: {privileged: true}}]')).status, 403);
	const wrong = await original.ask('PATCH', '/v1/service', shop);
	t.is(wrong.status, 405);
	t.is(wrong.headers.get('allow'), 'GET, POST, DELETE');
	t.is((await original.ask('GET', '/v1/nothing')).status, 404);
});

test('an engine nobody knows is no reason to refuse', async t => {
	await using original = await serveOriginal();
	t.is((await original.ask('POST', '/v1/service', shop.replace('engine: docker', 'engine: hal'))).status, 201);
});

test('capabilities come and go as JSON arrays, whole or not at all', async t => {
	await using original = await serveOriginal();
	const json = 'application/json';
	const known = async (): Promise<readonly string[]> => (await original.ask('GET', '/v1/capabilities')).body.map((one: {capability: string}) => one.capability);
	t.deepEqual((await original.ask('GET', '/v1/capabilities')).body, [{capability: 'docker', type: 'engine', capability_type: 'engine'}]);
	const two = '[{"capability":"zigbee","capability_type":"hardware"},{"capability":"gpu","type":"hardware"}]';
	t.is((await original.ask('PUT', '/v1/capabilities', two, json)).status, 201);
	t.is((await original.ask('PUT', '/v1/capabilities', two, json)).status, 304);
	t.deepEqual(await known(), ['docker', 'zigbee', 'gpu']);
	for (const bad of ['{}', '[{"capability":"x"}]', '[{"capability":"ok","capability_type":"t"},{"capability":1}]', '[', '']) t.is((await original.ask('PUT', '/v1/capabilities', bad, json)).status, 400, bad);
	t.deepEqual(await known(), ['docker', 'zigbee', 'gpu']);
	t.is((await original.ask('DELETE', '/v1/capabilities', two, json)).status, 201);
	t.is((await original.ask('DELETE', '/v1/capabilities', two, json)).status, 304);
	t.deepEqual(await known(), ['docker']);
});

test('nodes, their use and their heartbeat', async t => {
	const health = {ok: true};
	await using original = await serveOriginal({health: {checks: () => [{name: 'engine', ok: health.ok, message: ''}]}});
	t.deepEqual((await original.ask('GET', '/v1/nodes')).body, [{ip: '192.0.2.7', id: 'node-id', name: 'edge_01', state: 'Ready'}]);
	const {body} = await original.ask('GET', '/v1/nodestatus');
	t.deepEqual(Object.keys(body).sort(), ['age_seconds', 'cpu', 'disk', 'memory', 'sampled_at']);
	t.deepEqual(Object.keys(body.memory).sort(), ['available', 'free', 'percent', 'total', 'used']);
	t.deepEqual(Object.keys(body.disk).sort(), ['free', 'percent', 'total', 'used']);
	t.is((await original.ask('GET', '/v1/heartbeat')).status, 204);
	health.ok = false;
	t.is((await original.ask('GET', '/v1/heartbeat')).status, 400);
});

test('a Service written both ways is the same one', async t => {
	await using original = await serveOriginal();
	await original.ask('POST', '/v1/service', 'service_name: shop\nimages: [{name: shop/web:1.4}]');
	const service = original.api.store.list('Service').items[0]!;
	const answer = await original.api.call('PUT', '/apis/motey.io/v1/namespaces/default/services/shop', {body: {metadata: {name: 'shop'}, spec: {images: [{image: 'shop/web:1.4'}]}}});
	t.is(answer.status, 200);
	t.is(answer.body.metadata.generation, 1);
	t.deepEqual(original.api.store.get('Service', keyOf(service))?.spec, service.spec);
});
