import test from 'ava';
import {keyOf} from '../../store/resources/kinds.js';
import {eventually} from '../support/eventually.js';
import {kubectlCases, lines, manifest} from './support/kubectl-cases.js';
import {kubectls, prepareKubectl} from './support/kubectl.js';
import {instanceOf, serviceOf} from './support/objects.js';
import {serveSecureApi} from './support/secure.js';

const {each, since28, since31} = kubectlCases();

each('60., 61. wait for a condition, and not for ever', async ({t, shop}) => {
	const met = await shop(['wait', '--for=condition=Ready', 'inst', '-l', 'app=web', '--timeout=30s']);
	t.is(met.code, 0, met.stderr);
	t.is(lines(met.stdout).filter(line => line.endsWith('condition met')).length, 2);
	const late = await shop(['wait', '--for=condition=Nonsense', 'inst', '-l', 'app=web', '--timeout=1s']);
	t.is(late.code, 1);
	t.true(late.stderr.includes('timed out waiting'));
});

each('62. wait for a deletion', async ({t, own, kubectl, secure, namespace}) => {
	const path = `/apis/motey.io/v1/namespaces/${namespace}/services/web`;
	await own(['create', '-f', await kubectl.file(`${namespace}.json`, manifest('web', {}, {finalizers: ['example.org/hold']}))]);
	await secure.api.call('DELETE', path);
	const seen = {watch: false};
	const waiting = own(['wait', '--for=delete', 'svc/web', '--timeout=30s', '-v=6'], {onStderr: text => {
		seen.watch ||= text.includes('watch=true');
	}});
	await eventually(() => seen.watch, {withinMs: 20_000});
	await secure.api.call('PATCH', path, {type: 'application/merge-patch+json', body: {metadata: {finalizers: null}}});
	t.is((await waiting).code, 0);
});

since28('63. wait for a value', async ({t, own, apply}) => {
	await apply();
	const waiting = own(['wait', '--for=jsonpath={.spec.replicas}=6', 'svc/web', '--timeout=30s']);
	await own(['scale', 'svc', 'web', '--replicas=6']);
	t.is((await waiting).code, 0);
});

since31('64. wait for a creation', async ({t, own, apply}) => {
	const waiting = own(['wait', '--for=create', 'svc/web', '--timeout=30s']);
	await apply();
	t.is((await waiting).code, 0);
});

since28('65. a condition of an older generation does not count', async ({t, own, secure, namespace}) => {
	const {store} = secure.api;
	const service = await store.transact(transaction => transaction.put(serviceOf('web', {namespace})));
	const first = await store.transact(transaction => transaction.put(instanceOf(service, 0)));
	await store.transact(transaction => transaction.put({...first, spec: {...first.spec, specHash: 'other'}}));
	t.is(store.get('Instance', keyOf(first))?.metadata.generation, 2);
	const {code, stderr} = await own(['wait', '--for=condition=Ready', 'inst', '--all', '--timeout=2s']);
	t.is(code, 1);
	t.true(stderr.includes('timed out'));
});

each('66. get -w shows every change', async ({t, own, apply, secure, namespace}) => {
	await apply();
	const seen = {rows: 0};
	const watching = own(['get', 'svc', '-w'], {until: stdout => {
		seen.rows = lines(stdout).length - 1;
		return seen.rows >= 4;
	}});
	await eventually(() => seen.rows >= 1, {withinMs: 20_000});
	const path = `/apis/motey.io/v1/namespaces/${namespace}/services/web`;
	for (const replicas of [3, 4, 5]) await secure.api.call('PATCH', path, {type: 'application/merge-patch+json', body: {spec: {replicas}}});
	const {stdout} = await watching;
	t.is(lines(stdout).length, 5, stdout);
	t.true(lines(stdout).slice(1).every(line => line.startsWith('web')));
});

each('67. --output-watch-events names what happened', async ({t, shop}) => {
	const {stdout} = await shop(['get', 'inst', '-w', '--output-watch-events'], {until: text => text.includes('web-nginx-1')});
	t.regex(stdout, /^EVENT\s+NAME/u);
	t.regex(stdout, /ADDED\s+web-nginx-0/u);
});

for (const {label, path} of kubectls()) {
	test(`kubectl ${label}: 80., 81. neither a wrong token nor one sent in the clear lets anyone in`, async t => {
		await using secure = await serveSecureApi();
		await using wrong = await prepareKubectl(path, {secure, token: 'wrong'.padEnd(43, 'x')});
		await using plain = await prepareKubectl(path, {secure: {...secure, url: secure.api.served.url}});
		for (const kubectl of [wrong, plain]) {
			const {code, stderr} = await kubectl.run(['get', 'svc']);
			t.is(code, 1);
			t.true(stderr.includes('You must be logged in to the server'), stderr);
		}
	});

	test(`kubectl ${label}: 82. who is told to come back later does, and succeeds`, async t => {
		await using secure = await serveSecureApi({httpLimits: {mutationsPerSecond: 1, mutationsBurst: 1}});
		await using kubectl = await prepareKubectl(path, {secure});
		const file = await kubectl.file('three.json', {apiVersion: 'v1', kind: 'List', items: ['a', 'b', 'c'].map(name => manifest(name))});
		const {code, stdout, stderr} = await kubectl.run(['create', '-f', file, '-v=6']);
		t.is(code, 0, stderr);
		t.is(lines(stdout).length, 3);
		t.regex(stderr, /429/u);
	});
}
