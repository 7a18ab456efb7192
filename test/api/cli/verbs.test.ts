import test from 'ava';
import {eventually} from '../../support/eventually.js';
import {serveTestApi, serviceDocument} from '../support/serve.js';
import {runCli, startCli} from './support/run-cli.js';
import {withInstance, withServices} from './support/with-objects.js';

test('get shows the server\'s columns, more with -o wide, and namespaces with -A', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop', 'blog');
	const plain = await runCli(api, ['get', 'services']);
	t.regex(plain.stdout, /^NAME\s+READY\s+PHASE\s+IMAGES\s+AGE\nblog .*\nshop .*\n$/u);
	t.regex((await runCli(api, ['get', 'svc', '-o', 'wide', '-A'])).stdout, /^NAMESPACE\s+NAME.*ENGINE\ndefault\s+blog /u);
	t.is((await runCli(api, ['get', 'svc/shop', '-o', 'name'])).stdout, 'service.motey.io/shop\n');
	t.is(JSON.parse((await runCli(api, ['get', 'service', 'shop', '-o', 'json'])).stdout).spec.images[0].image, 'shop/web:1');
	t.is(JSON.parse((await runCli(api, ['get', 'svc', '-o', 'json'])).stdout).items.length, 2);
	t.regex((await runCli(api, ['get', 'svc', 'shop', '-o', 'yaml'])).stdout, /^kind: Service$/mu);
	t.is((await runCli(api, ['get', 'svc', '-l', 'app=shop', '-o', 'name'])).stdout, 'service.motey.io/shop\n');
	t.regex((await runCli(api, ['get', 'all'])).stdout, /service\.motey\.io\/blog/u);
	t.deepEqual(await runCli(api, ['-n', 'other', 'get', 'svc']), {code: 0, stdout: '', stderr: 'No resources found in namespace other.\n'});
});

test('get of what does not exist exits with 6, and with 0 under --ignore-not-found', async t => {
	await using api = await serveTestApi();
	t.deepEqual(await runCli(api, ['get', 'svc', 'nope']), {code: 6, stdout: '', stderr: 'error: services.motey.io "nope" not found\n'});
	t.deepEqual(await runCli(api, ['get', 'svc', 'nope', '--ignore-not-found']), {code: 0, stdout: '', stderr: ''});
});

test('get -w prints a line for every change, and Ctrl-C ends it with 130', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	const live = startCli(api, ['get', 'services', '-w']);
	await eventually(() => live.output().includes('shop'));
	await withServices(api, 'blog');
	await eventually(() => live.output().includes('blog'));
	live.interrupt();
	const {code, stdout, stderr} = await live.ended;
	t.is(code, 130);
	t.is(stderr, '');
	t.is(stdout.trim().split('\n').length, 3);
});

test('on a terminal get -w draws the table over, in colour unless NO_COLOR is set', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	const live = startCli(api, ['get', 'services', '-w'], {terminal: true});
	await eventually(() => live.output().includes('shop'));
	t.true(live.output().includes('\u001B[33mPending'));
	await withServices(api, 'blog');
	await eventually(() => live.output().includes('blog'));
	t.true(live.output().includes('\u001B[2A'));
	live.interrupt();
	await live.ended;
	const plain = await runCli(api, ['get', 'services'], {terminal: true, environment: {noColour: true}});
	t.false(plain.stdout.includes('\u001B['));
});

test('describe shows spec, instances and events', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	const uid = api.store.get('Service', {namespace: 'default', name: 'shop'})!.metadata.uid;
	api.store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'shop', namespace: 'default', uid}, type: 'Normal', reason: 'Scheduled', message: 'placed on edge_01', component: 'test'});
	const {code, stdout} = await runCli(api, ['describe', 'service', 'shop']);
	t.is(code, 0);
	t.regex(stdout, /^Name:\s+shop$/mu);
	t.regex(stdout, /image: shop\/web:1/u);
	t.regex(stdout, /shop-web-0\s+Running/u);
	t.regex(stdout, /Normal\s+Scheduled\s+service\/shop\s+placed on edge_01/u);
	t.regex((await runCli(api, ['events', '--for', 'service/shop'])).stdout, /Scheduled/u);
	t.is((await runCli(api, ['events', '--for', 'service/other'])).stdout, '');
});

test('events -w tells what happens next', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	const uid = api.store.get('Service', {namespace: 'default', name: 'shop'})!.metadata.uid;
	const live = startCli(api, ['events', '-w']);
	await eventually(() => live.output().includes('LAST SEEN'));
	api.store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'shop', namespace: 'default', uid}, type: 'Warning', reason: 'Failed', message: 'it failed', component: 'test'});
	await eventually(() => live.output().includes('it failed'));
	live.interrupt();
	t.is((await live.ended).code, 130);
});

test('logs of a service name the instance before each line when there are several', async t => {
	await using api = await serveTestApi({workloads: {
		async * logs(instance) {
			yield await Promise.resolve({stream: 'stdout' as const, text: `hello of ${instance.metadata.name}`});
		},
		stats: () => Promise.resolve({cpuMillis: 12, memoryBytes: 3 * 1024 * 1024, networkRxBytes: 0, networkTxBytes: 0, sampledAt: '2026-01-01T00:00:00Z'}),
		volumes: () => [],
	}});
	await withServices(api, 'shop');
	t.is((await runCli(api, ['logs', 'shop'])).code, 6);
	await withInstance(api, 'shop', 0);
	t.is((await runCli(api, ['logs', 'shop'])).stdout, 'hello of shop-web-0\n');
	await withInstance(api, 'shop', 1);
	t.is((await runCli(api, ['logs', 'shop'])).stdout, '[shop-web-0] hello of shop-web-0\n[shop-web-1] hello of shop-web-1\n');
	t.is((await runCli(api, ['logs', 'instance/shop-web-1', '--tail', '1'])).stdout, 'hello of shop-web-1\n');
	t.regex((await runCli(api, ['top', 'instances'])).stdout, /shop-web-0\s+12m\s+3\.0 MiB/u);
	const live = startCli(api, ['logs', 'shop', '-f']);
	await eventually(() => live.output().split('\n').length === 3);
	live.interrupt();
	t.is((await live.ended).code, 130);
});

test('logs ask for one image, for the run before, for the last lines and for what is young', async t => {
	const asked: unknown[] = [];
	await using api = await serveTestApi({workloads: {
		async * logs({metadata}, {previous, tailLines, sinceSeconds, timestamps}) {
			asked.push({name: metadata.name, previous, tailLines, sinceSeconds, timestamps});
			yield await Promise.resolve({stream: 'stdout' as const, text: 'hello'});
		},
		stats: () => Promise.reject(new Error('not asked')),
		volumes: () => [],
	}});
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	t.is((await runCli(api, ['logs', 'shop', '-c', 'web', '--previous', '--tail', '10', '--since', '5m', '--timestamps'])).stdout, 'hello\n');
	t.deepEqual(asked, [{name: 'shop-web-0', previous: true, tailLines: 10, sinceSeconds: 300, timestamps: true}]);
	t.is((await runCli(api, ['logs', 'shop', '--prefix'])).stdout, '[shop-web-0] hello\n');
	const other = await runCli(api, ['logs', 'shop', '-c', 'db']);
	t.is(other.code, 6);
	t.regex(other.stderr, /no instance of image "db"/u);
});

test('delete by name, by file and by label; waits until it is gone, or says that it is not yet', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'a', 'b', 'c');
	t.is((await runCli(api, ['delete', 'svc', 'a', '--wait=false'])).stdout, 'service.motey.io/a deleted\n');
	t.is((await runCli(api, ['delete', 'services', '-l', 'app=b', '--timeout', '100ms'])).code, 4);
	const live = startCli(api, ['delete', '-f', '-'], {stdin: JSON.stringify(serviceDocument('c'))});
	await eventually(() => api.store.get('Service', {namespace: 'default', name: 'c'})?.metadata.deletionTimestamp);
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'c'}));
	t.is((await live.ended).code, 0);
	t.is((await runCli(api, ['delete', 'svc', 'nope'])).code, 6);
	t.is((await runCli(api, ['delete', 'svc', 'nope', '--ignore-not-found'])).code, 0);
	t.is((await runCli(api, ['delete', 'svc'])).code, 2);
});

test('who deletes a service is told which volumes stay', async t => {
	await using api = await serveTestApi({workloads: {
		logs: () => { throw new Error('not asked'); },
		stats: () => Promise.reject(new Error('not asked')),
		volumes: ({metadata}) => [`motey_default_${metadata.name}_data`, 'shared'],
	}});
	await withServices(api, 'shop');
	t.deepEqual(await runCli(api, ['delete', 'service', 'shop', '--wait=false']), {code: 0, stdout: 'service.motey.io/shop deleted\n', stderr: 'volume motey_default_shop_data is kept\nvolume shared is kept\n'});
});

test('wait for a path, for a condition and for the end', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	t.is((await runCli(api, ['wait', '--for=jsonpath={.spec.replicas}=1', 'svc/shop'])).stdout, 'service.motey.io/shop condition met\n');
	t.is((await runCli(api, ['wait', '--for=condition=Ready', 'svc/shop', '--timeout=100ms'])).code, 4);
	const live = startCli(api, ['wait', '--for=delete', 'svc/shop']);
	await api.store.transact(transaction => transaction.delete('Service', {namespace: 'default', name: 'shop'}));
	t.is((await live.ended).code, 0);
	t.is((await runCli(api, ['wait', '--for=rain', 'svc/shop'])).code, 2);
	t.is((await runCli(api, ['wait', '--for=condition=Ready', 'svc/shop'])).code, 6);
});

test('restart marks the service; tokens are made, listed and ended; capabilities and nodes are looked after', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	t.is((await runCli(api, ['restart', 'shop'])).code, 0);
	t.truthy(api.store.get('Service', {namespace: 'default', name: 'shop'})?.metadata.annotations?.['motey.io/restarted-at']);
	const made = await runCli(api, ['token', 'create', 'ci', '--ttl', '1h']);
	t.regex(made.stdout, /^[\w-]{43,}\n$/u);
	t.regex((await runCli(api, ['token', 'list'])).stdout, /^ci\s+view\s/mu);
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: JSON.stringify(serviceDocument('x')), environment: {token: made.stdout.trim()}})).code, 5);
	t.is((await runCli(api, ['token', 'delete', 'ci'])).code, 0);
	t.is((await runCli(api, ['capability', 'add', 'gpu', '--type', 'hardware'])).stdout, 'capability gpu (hardware) added\n');
	t.is((await runCli(api, ['capability', 'remove', 'gpu', '--type', 'hardware'])).stdout, 'capability gpu (hardware) removed\n');
	t.regex((await runCli(api, ['version'])).stdout, /^motey \d+\.\d+\.\d+\nnode /u);
	t.is((await runCli(api, ['node', 'list'])).code, 0);
});

test('orphans are listed, adopted and pruned by the node that answers', async t => {
	const done: string[] = [];
	const orphan = {name: 'motey_default_shop-web-0_4be1aa', engine: 'docker', namespace: 'default', service: 'shop', image: 'web', uid: 'u', state: 'running'};
	await using api = await serveTestApi();
	const {node} = api.dependencies;
	await using served = await serveTestApi({node: {...node, orphans: {list: () => Promise.resolve([orphan]), prune: name => Promise.resolve(void done.push(`prune ${name}`)), adopt: name => Promise.resolve(void done.push(`adopt ${name}`))}}});
	t.regex((await runCli(served, ['node', 'orphans', '--node', 'edge_01'])).stdout, /motey_default_shop-web-0_4be1aa\s+running\s+default\s+shop\s+web/u);
	t.is((await runCli(served, ['node', 'orphans', 'adopt', orphan.name, '--node', 'edge_01'])).code, 0);
	t.is((await runCli(served, ['node', 'orphans', 'prune', orphan.name, '--node', 'edge_01'])).code, 0);
	t.deepEqual(done, [`adopt ${orphan.name}`, `prune ${orphan.name}`]);
	t.is((await runCli(api, ['node', 'orphans', '--node', 'edge_01'])).stderr, 'No orphans: everything that runs here is wanted.\n');
});
