import test from 'ava';
import {servedResources} from '../../../api/kubernetes/resources-table.js';
import {serveTestApi} from '../support/serve.js';

/** What JSON gives: the assertions say what is in it. */
type Json = ReturnType<typeof JSON.parse>;

const aggregated = (version: string): string => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

test('newer clients get every group at once, in the form they asked for', async t => {
	await using api = await serveTestApi();
	for (const version of ['v2', 'v2beta1']) {
		const answer = await api.call('GET', '/apis', {accept: `${aggregated(version)},application/json`});
		t.is(answer.headers.get('content-type'), aggregated(version));
		t.is(answer.headers.get('vary'), 'Accept');
		const {body} = answer;
		t.is(body.apiVersion, `apidiscovery.k8s.io/${version}`);
		t.deepEqual(body.items.map((item: Json) => item.metadata.name), ['motey.io', 'events.k8s.io']);
		const services = body.items[0].versions[0].resources[0];
		t.like(services, {resource: 'services', scope: 'Namespaced', singularResource: 'service', shortNames: ['svc', 'msvc'], categories: ['all', 'motey']});
		t.deepEqual(services.responseKind, {group: 'motey.io', version: 'v1', kind: 'Service'});
		t.deepEqual(services.subresources.find((one: Json) => one.subresource === 'scale').responseKind, {group: 'autoscaling', version: 'v1', kind: 'Scale'});
	}
	const {body: first} = await api.call('GET', '/api', {accept: `${aggregated('v3')},${aggregated('v2beta1')}`});
	t.is(first.apiVersion, 'apidiscovery.k8s.io/v2beta1', 'the first part that is served counts');
	t.is(first.items.length, 1);
	t.false('name' in first.items[0].metadata);
});

test('older clients get lists, level by level', async t => {
	await using api = await serveTestApi();
	const get = async (path: string): Promise<Json> => (await api.call('GET', path)).body;
	t.deepEqual(await get('/api'), {kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: []});
	const groups = await get('/apis');
	t.deepEqual(groups.groups.map((group: Json) => group.preferredVersion.groupVersion), ['motey.io/v1', 'events.k8s.io/v1']);
	t.like(await get('/apis/motey.io'), {kind: 'APIGroup', name: 'motey.io'});
	const list = await get('/apis/motey.io/v1');
	t.is(list.groupVersion, 'motey.io/v1');
	t.true(list.resources.some((one: Json) => one.name === 'services/scale' && one.group === 'autoscaling'));
	t.false(JSON.stringify(list).includes('token'), 'tokens are no public kind');
});

test('core services are not served, so that the name means ours', t => {
	t.false(servedResources.some(({group, plural}) => group === '' && (plural === 'services' || plural === 'pods')));
});

test('what a client has already is not sent again', async t => {
	await using api = await serveTestApi();
	for (const path of ['/apis', '/api/v1', '/openapi/v3', '/openapi/v2', '/version']) {
		const first = await api.call('GET', path);
		const tag = first.headers.get('etag') ?? '';
		t.regex(tag, /^"[0-9A-F]{64}"$/u);
		const again = await api.call('GET', path, {headers: {'if-none-match': `"other", ${tag}`}});
		t.is(again.status, 304);
		t.is(again.text, '');
	}
});

test('everything advertised answers', async t => {
	await using api = await serveTestApi();
	for (const {group, version, plural, namespaced, verbs, subresources} of servedResources) {
		const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
		const collection = namespaced ? `${root}/namespaces/default/${plural}` : `${root}/${plural}`;
		t.is((await api.call('GET', collection)).status, 200, collection);
		t.is((await api.call('GET', `${root}/${plural}?limit=1`)).status, 200);
		if (verbs.includes('watch')) {
			const abort = new AbortController();
			const watch = await api.open(`${root}/${plural}?watch=1&timeoutSeconds=30`, {signal: abort.signal});
			t.is(watch.status, 200, `watch ${plural}`);
			abort.abort();
		}
		const name = `${collection}/absent`;
		for (const [verb, method] of [['get', 'GET'], ['update', 'PUT'], ['patch', 'PATCH'], ['delete', 'DELETE']] as const) {
			const {status} = await api.call(method, name, method === 'GET' ? {} : {type: 'application/merge-patch+json', body: '{}'});
			t.is(status === 405, !verbs.includes(verb), `${method} ${name} is ${status}`);
		}
		for (const subresource of subresources) t.not((await api.call('GET', `${name}/${subresource.name}`)).status, 405, subresource.name);
	}
});

test('the version names the Kubernetes API that is spoken', async t => {
	await using api = await serveTestApi();
	t.like((await api.call('GET', '/version')).body, {major: '1', minor: '34', gitVersion: 'v1.34.0-motey.0.1.0'});
});
