import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {eventually} from '../../support/eventually.js';
import {serveTestApi, servicesPath} from '../support/serve.js';
import {runCli, startCli} from './support/run-cli.js';

const blueprint = 'service_name: shop\nnode_type: edge\nimages:\n  - name: shop/web:1.4\n    parameters: {ports: {80/tcp: 8080}}\n';
const service = 'kind: Service\nmetadata: {name: shop, labels: {motey.io/node-type: edge}}\nspec:\n  images:\n    - image: shop/web:1.4\n      parameters: {ports: {80/tcp: 8080}}\n';

test('apply says created, unchanged and configured, and an unchanged one is no write', async t => {
	await using api = await serveTestApi();
	const apply = async (text: string) => (await runCli(api, ['apply', '-f', '-'], {stdin: text})).stdout.trim();
	t.is(await apply(service), 'service.motey.io/shop created');
	const revision = api.store.revision();
	t.is(await apply(service), 'service.motey.io/shop unchanged');
	t.is(api.store.revision(), revision);
	t.is(await apply(service.replace('1.4', '1.5')), 'service.motey.io/shop configured');
});

test('what was got, deleted and applied again is created anew', async t => {
	await using api = await serveTestApi();
	await runCli(api, ['apply', '-f', '-'], {stdin: service});
	const got = await runCli(api, ['get', 'service', 'shop', '-o', 'yaml']);
	t.regex(got.stdout, /resourceVersion: /u);
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'shop'}));
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: got.stdout})).stdout, 'service.motey.io/shop created\n');
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: got.stdout})).code, 0);
});

test('a blueprint and the Service it stands for are the same thing: applying one after the other changes nothing', async t => {
	await using api = await serveTestApi();
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: blueprint})).stdout, 'service.motey.io/shop created\n');
	const before = api.store.get('Service', {namespace: 'default', name: 'shop'});
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: service})).stdout, 'service.motey.io/shop unchanged\n');
	t.is(api.store.get('Service', {namespace: 'default', name: 'shop'}), before);
});

test('a scale by hand lasts until the file names a number, for the service and for one image', async t => {
	await using api = await serveTestApi();
	const replicas = () => api.store.get('Service', {namespace: 'default', name: 'shop'})?.spec;
	await runCli(api, ['apply', '-f', '-'], {stdin: service});
	t.is((await runCli(api, ['scale', 'shop=3'])).code, 0);
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: service})).stdout, 'service.motey.io/shop unchanged\n');
	t.is(replicas()?.replicas, 3);
	t.is((await runCli(api, ['scale', 'shop/web=5'])).code, 0);
	t.deepEqual([replicas()?.replicas, replicas()?.images[0]?.replicas], [undefined, 5]);
	await runCli(api, ['apply', '-f', '-'], {stdin: `${service}      replicas: 2\n`});
	t.is(replicas()?.images[0]?.replicas, 2);
	await runCli(api, ['apply', '-f', '-'], {stdin: service});
	t.is(replicas()?.images[0]?.replicas, undefined);
	t.is((await runCli(api, ['scale', 'shop/nope=5'])).code, 6);
});

test('a file that is named without -f is told of, and nothing is sent', async t => {
	await using api = await serveTestApi();
	for (const verb of ['apply', 'diff']) {
		const {code, stderr} = await runCli(api, [verb, 'shop.yaml']);
		t.is(code, 2, verb);
		t.is(stderr, 'error: "shop.yaml" stands there without -f\nIf that is the file: -f shop.yaml\n', verb);
	}
	t.is((await runCli(api, ['apply', '--filename'])).code, 2);
	t.is(api.store.list('Service').items.length, 0);
});

test('every wrong field is named with file, line, column and the nearest known one, also in a blueprint', async t => {
	await using api = await serveTestApi();
	const wrong = await runCli(api, ['apply', '-f', '-'], {stdin: 'kind: Service\nmetadata: {name: shop}\nspec:\n  replicas: x\n  imags: 1\n  images:\n    - image: shop/web:1.4\n      parametrs: {}\n'});
	t.is(wrong.code, 1);
	t.regex(wrong.stderr, /stdin:4:3: spec\.replicas: /u);
	t.regex(wrong.stderr, /stdin:5:3: spec\.imags .*did you mean images\?/u);
	t.regex(wrong.stderr, /stdin:8:7: spec\.images\[0\]\.parametrs .*did you mean parameters\?/u);
	const wrongBlueprint = await runCli(api, ['apply', '-f', '-'], {stdin: 'service_name: a b\nimages:\n  - nme: x\n'});
	t.regex(wrongBlueprint.stderr, /stdin:1:1: service_name .*nearest is a-b/u);
	t.regex(wrongBlueprint.stderr, /stdin:3:5: images\[0\]\.nme .*did you mean name\?/u);
	const unreadable = await runCli(api, ['apply', '-f', '-'], {stdin: 'a: b: c\n'});
	t.regex(unreadable.stderr, /stdin:1:4: /u);
	t.is(api.store.list('Service').items.length, 0);
});

test('what the engine refuses is named at its line in the file, and exits with 5', async t => {
	await using api = await serveTestApi({admission: {review: () => [{kind: 'forbidden', field: 'parameters.ports', rule: 'HostPorts', message: 'may not publish ports', fix: 'Allow it on the node.'}]}});
	const refused = await runCli(api, ['apply', '-f', '-'], {stdin: blueprint});
	t.is(refused.code, 5);
	t.regex(refused.stderr, /stdin:5:18: .*ports: may not publish ports/u);
	t.is(api.store.list('Service').items.length, 0);
});

test('a directory and a file of many documents are applied whole; one refusal does not stop the others but is told by the exit code', async t => {
	await using api = await serveTestApi();
	const directory = await mkdtemp(join(tmpdir(), 'motey-cli-'));
	try {
		await writeFile(join(directory, 'a.yaml'), `${blueprint}---\n${blueprint.replace('shop', 'bad').replace('images:', 'images: []\nx:')}`);
		t.is((await runCli(api, ['apply', '-f', directory])).code, 1);
		t.is(api.store.list('Service').items.length, 0, 'nothing is sent while a file cannot be read as what it says it is');
		await writeFile(join(directory, 'a.yaml'), `${service}---\n${service.replace('name: shop', 'name: two').replace('image: shop/web:1.4', 'replicas: -1\n      image: x')}---\n${service.replace('name: shop', 'name: three')}`);
		await writeFile(join(directory, 'b.json'), JSON.stringify({kind: 'List', items: [{service_name: 'four', images: [{name: 'x'}]}]}));
		await writeFile(join(directory, 'c.txt'), 'not ours');
		const run = await runCli(api, ['apply', '-f', directory]);
		t.is(run.code, 1);
		t.deepEqual(run.stdout.trim().split('\n').map(line => line.split('/')[1]), ['shop created', 'three created', 'four created']);
	} finally {
		await rm(directory, {recursive: true});
	}
});

test('a dry run checks and stores nothing; diff shows it and exits with 1, and with 0 when all is as in the file', async t => {
	await using api = await serveTestApi();
	t.is((await runCli(api, ['apply', '-f', '-', '--dry-run'], {stdin: service})).stdout, 'service.motey.io/shop created (dry run)\n');
	t.is(api.store.list('Service').items.length, 0);
	await runCli(api, ['apply', '-f', '-'], {stdin: service});
	t.deepEqual(await runCli(api, ['diff', '-f', '-'], {stdin: service}), {code: 0, stdout: '', stderr: ''});
	const differs = await runCli(api, ['diff', '-f', '-'], {stdin: service.replace('1.4', '1.5')});
	t.is(differs.code, 1);
	t.regex(differs.stdout, /^-.*image: shop\/web:1\.4$/mu);
	t.regex(differs.stdout, /^\+.*image: shop\/web:1\.5$/mu);
	t.is((await runCli(api, ['diff', '-f', '/nonexistent'])).code, 2);
});

test('apply goes on after kubectl and kubectl after apply: the annotation is the same text', async t => {
	await using api = await serveTestApi();
	await runCli(api, ['apply', '-f', '-'], {stdin: service});
	const {body} = await api.call('GET', `${servicesPath}/shop`);
	t.is(body.metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'],
		'{"apiVersion":"motey.io/v1","kind":"Service","metadata":{"annotations":{},"labels":{"motey.io/node-type":"edge"},"name":"shop","namespace":"default"},"spec":{"images":[{"image":"shop/web:1.4","name":"web","parameters":{"ports":{"80/tcp":8080}}}]}}\n');
});

test('apply --wait ends when the service is ready in its present generation, and with 4 when the time is over', async t => {
	await using api = await serveTestApi();
	const late = await runCli(api, ['apply', '-f', '-', '--wait', '--timeout', '200ms'], {stdin: service});
	t.is(late.code, 4);
	t.regex(late.stderr, /not ready after 0\.2 s: shop/u);
	const live = startCli(api, ['apply', '-f', '-', '--wait'], {stdin: service});
	await eventually(() => live.output().includes('Pending'));
	await makeReady(api, 'shop');
	const {code, stdout} = await live.ended;
	t.is(code, 0);
	t.regex(stdout, /shop\s+1\/1\s+Running/u);
	const again = await runCli(api, ['apply', '-f', '-', '--wait'], {stdin: service});
	t.is(again.stdout, 'service.motey.io/shop unchanged\nshop  1/1  Running\n', 'nothing is said of what was not looked at');
});

async function makeReady(api: Awaited<ReturnType<typeof serveTestApi>>, name: string): Promise<void> {
	await api.store.transact(transaction => {
		const found = transaction.get('Service', {namespace: 'default', name});
		if (!found) throw new Error('no service');
		transaction.put({
			...found,
			status: {
				observedGeneration: found.metadata.generation, phase: 'Running', message: '', replicas: 1, readyReplicas: 1, updatedReplicas: 1, unplacedReplicas: 0, selector: `motey.io/service=${name}`, images: [],
				conditions: [{type: 'Ready', status: 'True', reason: 'AllReady', message: '1/1 ready', lastTransitionTime: '2026-01-01T00:00:00Z'}],
			},
		});
	});
}
