import test from 'ava';
import {serveTestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';
import {withInstance, withServices} from './support/with-objects.js';

test('get and describe take KIND/NAME of several kinds, and a missing one hides no other that may be missing', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop', 'blog');
	await withInstance(api, 'shop', 0);
	t.is((await runCli(api, ['get', 'service/shop', 'svc/blog', 'instance/shop-web-0', '-o', 'name'])).stdout, 'service.motey.io/shop\nservice.motey.io/blog\ninstance.motey.io/shop-web-0\n');
	t.regex((await runCli(api, ['get', 'service/shop', 'instance/shop-web-0'])).stdout, /^NAME[^]*service\.motey\.io\/shop [^]*\n\nNAME[^]*instance\.motey\.io\/shop-web-0 /u);
	t.is((await runCli(api, ['get', 'service/shop', 'blog'])).code, 2);
	t.regex((await runCli(api, ['get', 'service', 'nope', 'shop', '--ignore-not-found'])).stdout, /^NAME[^\n]*\nshop /u);
	const {stdout} = await runCli(api, ['describe', 'instance/shop-web-0', 'namespace/default', 'service/blog']);
	t.regex(stdout, /^Name: +shop-web-0\n[^]*^Name: +default\n[^]*^Name: +blog\n/mu);
	t.notRegex((await runCli(api, ['get', 'namespaces', '-A'])).stdout, /NAMESPACE/u);
});

test('delete says that it found nothing, and takes no name for the value of --wait', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	const misread = await runCli(api, ['delete', '--wait', 'service', 'shop']);
	t.is(misread.code, 2);
	t.regex(misread.stderr, /--wait=true or --wait=false/u);
	t.is((await runCli(api, ['delete', 'services', '-l', 'app=nope'])).stderr, 'No resources found in namespace default.\n');
	t.regex((await runCli(api, ['delete', 'shop'])).stderr, /service\/shop/u);
});

test('top asks about many instances without opening as many connections', async t => {
	let most = 0;
	let asking = 0;
	await using api = await serveTestApi({workloads: {
		logs: () => { throw new Error('not asked'); },
		async stats() {
			most = Math.max(most, asking += 1);
			await new Promise(resolve => setImmediate(resolve));
			asking -= 1;
			return {cpuMillis: 12, memoryBytes: 1, networkRxBytes: 0, networkTxBytes: 0, sampledAt: '2026-01-01T00:00:00Z'};
		},
		volumes: () => [],
	}});
	for (let slot = 0; slot < 60; slot += 1) await withInstance(api, 'shop', slot);
	const {stdout} = await runCli(api, ['top']);
	t.is(stdout.trim().split('\n').length, 61);
	t.true(most <= 16, `${most} at once`);
	t.true(stdout.indexOf('shop-web-1 ') < stdout.indexOf('shop-web-2 '));
});

test('an orphan that ends slowly is waited for beyond the node\'s own deadline', async t => {
	let asked = 0;
	await using api = await serveTestApi();
	const {node} = api.dependencies;
	await using slow = await serveTestApi({limits: {answerTimeoutMs: 50}, node: {...node, orphans: {
		...node.orphans, prune: async () => {
			asked += 1;
			// Whatever the machine is busy with: no end comes before the node's deadline.
			if (asked < 3) await new Promise(() => undefined);
		},
	}}});
	t.deepEqual(await runCli(slow, ['node', 'orphans', 'prune', 'one', '--node', 'edge_01']), {code: 0, stdout: 'one removed\n', stderr: ''});
	t.is(asked, 3);
});
