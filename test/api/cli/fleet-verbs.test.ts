import {readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {ClusterError} from '../../../api/ports/cluster.js';
import {conflictAnnotation} from '../../../store/resources/ownership.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {alone} from '../support/alone.js';
import {edgeNode, serviceOf} from '../support/objects.js';
import {serveTestApi} from '../support/serve.js';
import {runCli, startCli} from './support/run-cli.js';
import {withInstance, withServices} from './support/with-objects.js';

test('contexts are added, listed, used and removed, in a file that only its owner reads', async t => {
	await using directory = await makeTempDirectory();
	await using api = await serveTestApi();
	const contextFile = join(directory.path, 'config');
	const motey = async (...words: readonly string[]) => runCli(undefined, ['context', ...words], {environment: {contextFile}});
	t.regex((await motey('list')).stderr, /There are none/u);
	t.is((await motey('add', 'one', '--server', api.served.url, '--token', api.token)).code, 0);
	const ca = join(directory.path, 'ca.pem');
	await writeFile(ca, '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
	t.is((await motey('add', 'two', '--server', 'https://192.0.2.1:5443', '--certificate-authority', ca, '-n', 'shop', '--no-current')).code, 0);
	t.is((await stat(contextFile)).mode & 0o777, 0o600);
	t.is(JSON.parse(await readFile(contextFile, 'utf8')).contexts[1].ca, await readFile(ca, 'utf8'));
	t.regex((await motey('list')).stdout, /^CURRENT\s+NAME.*\n\*\s+one .*\n\s+two\s+https:\/\/192\.0\.2\.1:5443\s+shop\n$/u);

	t.is((await runCli(undefined, ['get', 'services'], {environment: {contextFile}})).code, 0, 'the current one is used');
	t.is((await motey('use', 'two')).code, 0);
	t.is((await runCli(undefined, ['get', 'services', '--context', 'one'], {environment: {contextFile}})).code, 0);
	t.is((await motey('remove', 'two')).code, 0);
	t.regex((await motey('list')).stdout, /\*\s+one/u);
	t.like(await motey('use', 'three'), {code: 6});
	t.like(await motey('add', 'x', '--server', 'nonsense'), {code: 2});
	await writeFile(ca, 'nothing');
	t.regex((await motey('add', 'x', '--server', 'https://192.0.2.1:5443', '--certificate-authority', ca)).stderr, /holds no certificate/u);
});

test('why prints the chain, who would take no more, and what was tried', async t => {
	const told = {
		chain: ['node-a decides about default/shop', 'default/shop wants 2 of web', 'web 0: no node fits'], service: {phase: 'Pending', message: 'waits for a node'},
		nodes: [{name: 'node-a', state: 'here', silentMs: 0, refuses: {}}, {name: 'node-b', state: 'heard', silentMs: 2600, refuses: {web: 'lacks capability gpu'}}, {name: 'node-c', state: 'gone', refuses: {}}], tried: [{reason: 'Unplaceable', message: 'no node fits', count: 4, lastTimestamp: new Date().toISOString()}],
	};
	await using api = await serveTestApi({explanations: {...alone.explanations, why: () => told}});
	await withServices(api, 'shop');
	const {code, stdout} = await runCli(api, ['why', 'shop']);
	t.is(code, 0);
	t.regex(stdout, /^shop is Pending: waits for a node\n {2}node-a decides about default\/shop\n {2}└ default\/shop wants 2 of web\n {2}└ web 0: no node fits\n/u);
	t.regex(stdout, /node-b\s+web\s+lacks capability gpu/u);
	t.regex(stdout, /node-a\s+tells this itself\n\s+node-b\s+3 s ago\n\s+node-c\s+no member\n/u);
	t.regex(stdout, /4\s+Unplaceable\s+no node fits/u);
	t.deepEqual(JSON.parse((await runCli(api, ['why', 'service/shop', '-o', 'json'])).stdout), told);
	t.is((await runCli(api, ['why', 'none'])).code, 6);
});

test('rehearse prints what would move, what would have no home and what nobody would decide about', async t => {
	const items = [
		{node: 'node-a', moves: [{service: 'default/shop', instance: 'shop-web-0', to: 'node-b', afterSeconds: 60, image: 'shop/web:1', contents: []}], homeless: [{service: 'default/shop', instance: 'shop-web-1', because: 'no node fits'}], ownerless: ['default/blog']},
		{node: 'node-b', moves: [], homeless: [], ownerless: []},
	];
	await using api = await serveTestApi({explanations: {...alone.explanations, rehearse: name => items.filter(({node}) => name === undefined || name === node)}});
	t.is((await runCli(api, ['rehearse'])).stdout, [
		'If node-a were lost:', '  shop-web-0 of default/shop would go to node-b after 60 s', '  shop-web-1 of default/shop would have no home: no node fits',
		'  nobody would decide about default/blog until it returns, is forgotten, or another node takes over what failover.adopt lets it', '', 'If node-b were lost:', '  nothing would change', '',
	].join('\n'));
	t.regex((await runCli(api, ['rehearse', 'node-b'])).stdout, /^If node-b were lost:\n {2}nothing would change\n$/u);
	t.is((await runCli(api, ['rehearse', 'node-x'])).code, 6);
});

test('drain says what is still there and why, waits until nothing is, and uncordon takes it back', async t => {
	await using api = await serveTestApi({explanations: {...alone.explanations, why: () => ({chain: [], slots: [{next: 'another place, because no other node fits', bindings: [{instance: 'shop-web-0'}]}]} as {chain: []})}});
	await api.store.transact(transaction => transaction.put(edgeNode()));
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	const late = await runCli(api, ['node', 'drain', 'edge_01', '--timeout', '100ms']);
	t.is(late.code, 4);
	t.regex(late.stderr, /still has:\n {2}default\/shop-web-0 \(Running\) waits for another place, because no other node fits/u);
	t.like(api.store.get('Node', {namespace: '', name: 'edge_01'})?.spec, {drain: true, unschedulable: true});
	t.regex((await runCli(api, ['node', 'status', 'edge_01'])).stdout, /Takes new work:\s+no, it is being drained/u);

	const live = startCli(api, ['node', 'drain', 'edge_01']);
	await eventually(() => live.output().includes('shop-web-0'));
	await api.store.transact(transaction => transaction.delete('Instance', {namespace: 'default', name: 'shop-web-0'}));
	t.like(await live.ended, {code: 0});
	t.regex(live.output(), /edge_01 drained: nothing runs there/u);
	t.is((await runCli(api, ['node', 'uncordon', 'edge_01'])).code, 0);
	t.deepEqual(api.store.get('Node', {namespace: '', name: 'edge_01'})?.spec, {});
	t.regex((await runCli(api, ['node', 'drain', 'edge_01', '--no-wait'])).stdout, /is being drained/u);
});

test('drain ends at once when only such is left that stays: with 0 what is done or the node\'s own, with 1 what fits nowhere else', async t => {
	let slots: readonly unknown[] = [];
	await using api = await serveTestApi({explanations: {...alone.explanations, why: () => ({chain: [], slots} as {chain: []})}});
	await api.store.transact(transaction => transaction.put(edgeNode()));
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	await withInstance(api, 'shop', 1);
	const told = (slot: number, stays: string, next = '') => ({next, stays, bindings: [{instance: `shop-web-${slot}`}]});
	slots = [told(0, 'own'), told(1, 'done')];
	const done = await runCli(api, ['node', 'drain', 'edge_01']);
	t.is(done.code, 0);
	t.regex(done.stdout, /edge_01 drained: what is left there is done, or its own: default\/shop-web-0, default\/shop-web-1$/mu);
	slots = [told(0, 'own'), told(1, 'homeless', 'a node that fits: 0/1 node fits')];
	const held = await runCli(api, ['node', 'drain', 'edge_01']);
	t.is(held.code, 1);
	t.regex(held.stderr, /what fits nowhere else goes on there:\n {2}default\/shop-web-1 \(Running\) waits for a node that fits: 0\/1 node fits\n/u);
	t.notRegex(held.stderr, /shop-web-0/u);
});

test('forget prints what was taken over and up to where it was known', async t => {
	await using api = await serveTestApi({cluster: {...alone.cluster, forget: async name => (name === 'node-c' ? {id: 'c'.repeat(26), wasForgotten: true, adopted: [], lastRevision: null, announcedRevision: null, silentSeconds: null, atRisk: []} : name === 'node-b' ? {id: 'b'.repeat(26), wasForgotten: false, adopted: ['default/shop', 'default/blog'], lastRevision: '77', announcedRevision: '79', silentSeconds: 84, atRisk: ['default/shop', 'default/blog']} : Promise.reject(new ClusterError('NotFound', `${name} is no member`)))}});
	const {code, stdout} = await runCli(api, ['node', 'forget', 'node-b']);
	t.is(code, 0);
	t.regex(stdout, /up to its revision 77;[^\n]*\nit was last heard 84 s ago\nat risk: [^\n]* revision 79, [^\n]*default\/shop, default\/blog may be older[^\n]*\nadopted: default\/shop, default\/blog\n$/u);
	t.deepEqual(await runCli(api, ['node', 'forget', 'node-c']), {code: 0, stdout: 'node node-c was forgotten already; nothing was left to be done\n', stderr: ''});
	t.like(await runCli(api, ['node', 'forget', 'node-x']), {code: 6});
});

test('a node is described, and its ports are listed', async t => {
	await using api = await serveTestApi();
	await api.store.transact(transaction => transaction.put(edgeNode()));
	t.regex((await runCli(api, ['node', 'status', '--ports'])).stdout, /^NAME\s+TYPE\s+FOR\s+ADDRESS\napi\s+http\s+users\s+127\.0\.0\.1:5023\n$/u);
	t.regex((await runCli(api, ['node', 'describe', 'edge_01'])).stdout, /^Name:\s+edge_01\n[\s\S]*Conditions:/u);
});

test('of two objects of one name --uid says which', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'shop');
	const uid = 'ffffffff-0000-4000-8000-000000000000';
	const loser = serviceOf('shop', {replicas: 8});
	await api.store.transact(transaction => transaction.putCopy({...loser, metadata: {...loser.metadata, uid, annotations: {[conflictAnnotation]: 'true'}}}));
	t.is((await runCli(api, ['get', 'services', '-o', 'name'])).stdout, 'service.motey.io/shop\nservice.motey.io/shop\n');
	t.is(JSON.parse((await runCli(api, ['get', 'service', 'shop', '--uid', uid, '-o', 'json'])).stdout).spec.replicas, 8);
	t.regex((await runCli(api, ['get', 'service', 'shop', '--uid', uid])).stdout, /shop\s+<unknown>\s+Conflict/u);
	t.regex((await runCli(api, ['describe', 'service', 'shop', '--uid', uid])).stdout, /replicas: 8/u);
	t.is((await runCli(api, ['get', 'services', '--uid', uid])).code, 2);
	t.is((await runCli(api, ['delete', 'service', 'shop', '--uid', uid])).code, 0);
	t.is(api.store.list('Service').items.length, 1);
	t.not(api.store.get('Service', {namespace: 'default', name: 'shop'}), undefined);
});

test('what a yielding owner had changed is shown against what is in force, printed to be applied again, and discarded by name', async t => {
	await using api = await serveTestApi();
	t.deepEqual(await runCli(api, ['diff', '--conflicts']).then(({code, stdout}) => [code, stdout]), [0, '']);
	await withServices(api, 'shop');
	await api.store.transact(transaction => {
		transaction.put(edgeNode());
		const service = transaction.get('Service', {namespace: 'default', name: 'shop'})!;
		const {uid} = service.metadata;
		const blank = {namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'};
		transaction.put({apiVersion: 'motey.io/v1', kind: 'ConflictCopy', metadata: {...blank, name: 'shop-1-2'}, spec: {service: {...service, spec: {...service.spec, replicas: 7}}, name: 'shop', uid, owner: 'b', epoch: 2}});
		transaction.put({apiVersion: 'motey.io/v1', kind: 'ConflictCopy', metadata: {...blank, name: 'gone-1-2'}, spec: {name: 'gone', uid: 'none', owner: 'b', epoch: 2}});
	});
	const shown = await runCli(api, ['diff', '--conflicts']);
	t.is(shown.code, 1);
	t.regex(shown.stdout, /# shop-1-2, kept on edge_01\n--- service\.motey\.io\/shop in default, in force\n[^#]*\+ {2}replicas: 7\n/u);
	t.regex(shown.stdout, /# gone-1-2, kept on edge_01\n--- \/dev\/null\n\+\+\+ \/dev\/null, as it was deleted there\n/u);
	const yaml = await runCli(api, ['diff', '--conflicts', 'shop', '-o', 'yaml']);
	t.is((await runCli(api, ['apply', '-f', '-'], {stdin: yaml.stdout})).code, 0);
	t.is(api.store.get('Service', {namespace: 'default', name: 'shop'})?.spec.replicas, 7);
	const settled = await runCli(api, ['diff', '--conflicts', 'shop']);
	t.is(settled.stdout.includes('@@'), false);
	t.regex(settled.stdout, /\n# nothing differs any more: motey diff --conflicts shop-1-2 --discard lets it go\n$/u);
	t.like(await runCli(api, ['diff', '--conflicts', '--discard']), {code: 2}, 'never all at once by mistake');
	t.like(await runCli(api, ['diff', '--conflicts', 'none']), {code: 6});
	t.regex((await runCli(api, ['diff', '--conflicts', 'shop', 'gone', '--discard'])).stdout, /gone-1-2 on edge_01 is discarded\n/u);
	t.deepEqual(api.store.list('ConflictCopy').items, []);
	t.is((await api.call('DELETE', '/apis/motey.io/v1/nodes/edge_01/conflicts?namespace=default&conflict=shop-1-2')).status, 404);
	t.is((await api.call('DELETE', '/apis/motey.io/v1/nodes/edge_01/conflicts')).status, 400);
});
