import {execFile} from 'node:child_process';
import {cp, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../support/eventually.js';
import {bin, startNodeProcess, type NodeProcess} from '../support/node-process.js';

const run = promisify(execFile);
const services = '/apis/motey.io/v1/namespaces/default/services';
const instances = '/apis/motey.io/v1/namespaces/default/instances';
const nodes = '/apis/motey.io/v1/nodes';

interface Made {
	readonly text: string;
	readonly server: string;
}

/** Processes on loopback, in a folder of its own each, so that the same node can start again. */
async function openNodes(t: ExecutionContext, names: readonly string[]): Promise<{readonly start: (folder: string, name?: string) => Promise<NodeProcess>; readonly directory: (name: string) => string}> {
	const root = await mkdtemp(join(tmpdir(), 'motey-fleet-'));
	const running = new Map<string, NodeProcess>();
	t.teardown(async () => {
		await Promise.all([...running.values()].map(async node => (node.alive() ? node[Symbol.asyncDispose]() : undefined)));
		await rm(root, {recursive: true, force: true});
	});
	const directory = (name: string): string => join(root, name);
	const start = async (folder: string, name = folder): Promise<NodeProcess> => {
		const node = await startNodeProcess({directory: directory(folder), settings: [
			`name=${name}`, 'peers.port=0', 'peers.pubPort=0', 'discovery=none', 'engines.docker.enabled=false', 'engines.simulated.enabled=true',
			`capabilities.static=[{capability: only-${name}, capability_type: name}]`,
		]});
		running.set(folder, node);
		return node;
	};
	t.true(names.length > 0);
	return {start, directory};
}

const admit = async (node: NodeProcess): Promise<Made> => await node.call('POST', '/cluster/tokens', {}) as unknown as Made;
const join_ = async (node: NodeProcess, {text, server}: Made, accept: readonly number[] = []): Promise<{code?: number; message?: string}> =>
	await node.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'}, accept);

async function begin(t: ExecutionContext, names: readonly string[]): Promise<{readonly fleet: Awaited<ReturnType<typeof openNodes>>; readonly nodes: NodeProcess[]}> {
	const fleet = await openNodes(t, names);
	const all = await Promise.all(names.map(async name => fleet.start(name)));
	const [first, ...others] = all as [NodeProcess, ...NodeProcess[]];
	await first.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	for (const other of others) await join_(other, await admit(first));
	for (const node of all) await eventually(async () => (await node.call('GET', nodes)).items.length === names.length, {what: 'every node to know every node'});
	return {fleet, nodes: all};
}

const service = (name: string, node: string, replicas = 1) => ({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {replicas, images: [{name: 'web', image: 'web', engine: 'simulated', capabilities: [`only-${node}`]}]}});
const isReady = async (node: NodeProcess, name: string): Promise<boolean> => (await node.call('GET', `${services}/${name}`, undefined, [404])).status?.readyReplicas === 1;

test('three processes become a fleet: what only one can run runs there, and each tells the same of it', async t => {
	const {nodes: [a, b, c]} = await begin(t, ['alpha', 'beta', 'gamma']) as unknown as {nodes: [NodeProcess, NodeProcess, NodeProcess]};
	await a.call('POST', services, service('shop', 'beta'));
	for (const node of [a, b, c]) await eventually(async () => isReady(node, 'shop'), {what: 'the service to be ready everywhere'});
	const [instance] = (await c.call('GET', instances)).items as unknown as [{spec: {nodeName: string}}];
	t.is(instance.spec.nodeName, 'beta');
	await a.call('DELETE', `${services}/shop`);
	for (const node of [a, b, c]) await eventually(async () => (await node.call('GET', services)).items.length === 0 && (await node.call('GET', instances)).items.length === 0, {what: 'the service to be gone everywhere'});
});

test('an executing node that restarts goes on with what it was given, and so does its owner', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	await a.call('POST', services, service('shop', 'beta'));
	await eventually(async () => isReady(a, 'shop'));
	await b.kill();
	const again = await fleet.start('beta');
	// Its simulated containers ended with it, and it has learned new ports, which it tells.
	await eventually(async () => isReady(again, 'shop'), {what: 'the executing node to run it again'});
	await a.kill();
	const owner = await fleet.start('alpha');
	await eventually(async () => isReady(owner, 'shop'), {what: 'the owner to hear of it again'});
	t.pass();
});

test('a token lets one node in, once, and only to the node that issued it', async t => {
	const fleet = await openNodes(t, ['alpha', 'beta', 'gamma']);
	const [a, b, c] = await Promise.all(['alpha', 'beta', 'gamma'].map(async name => fleet.start(name))) as [NodeProcess, NodeProcess, NodeProcess];
	const alone = await a.call('POST', '/cluster/tokens', {}, [409]) as unknown as {message: string};
	t.regex(alone.message, /in no cluster/u);
	await a.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	const made = await admit(a);
	t.is((await join_(b, {...made, text: `${made.text.slice(0, -1)}${made.text.endsWith('A') ? 'B' : 'A'}`}, [403])).code, 403, 'a wrong secret');
	t.is((await join_(b, {...made, text: made.text.replace(/^M1./u, match => (match.endsWith('0') ? 'M11' : 'M10'))}, [403])).code, 403, 'another authority');
	await join_(b, made);
	t.is((await join_(c, made, [403])).code, 403, 'a token that was used up');
	await join_(b, await admit(a));
	t.is((await a.call('GET', '/cluster') as unknown as {members: readonly unknown[]}).members.length, 2, 'a member that joins again is the same member');
	await c.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	t.is((await join_(b, await admit(c), [409])).code, 409, 'a member of another cluster');
});

test('a forgotten node is taken over; when it returns it learns that, yields and keeps a backup', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	await b.call('POST', services, {...service('shop', 'beta'), spec: {images: [{name: 'web', image: 'web', engine: 'simulated'}]}});
	await eventually(async () => isReady(a, 'shop'), {what: 'the copy'});
	await b.kill();
	const forgotten = await a.call('POST', '/cluster/members/beta/forget') as unknown as {adopted: readonly string[]};
	t.deepEqual(forgotten.adopted, ['default/shop']);
	await eventually(async () => (await a.call('GET', instances)).items.some(item => (item as unknown as {spec: {nodeName: string}}).spec.nodeName === 'alpha') && isReady(a, 'shop'), {what: 'the adopter to run it'});
	const again = await fleet.start('beta');
	await eventually(async () => (await again.call('GET', services)).items.length === 0, {what: 'the forgotten node to yield'});
	await eventually(async () => (await again.call('GET', '/cluster') as unknown as {advertised: string | null}).advertised === null);
	t.true((await readdir(join(fleet.directory('beta'), 'data'))).some(file => file.startsWith('forgotten-')));
	await join_(again, await admit(a));
	await eventually(async () => isReady(again, 'shop'), {what: 'it to be a member again'});
});

test('a member that has no network when it starts runs what it had, and is reached as soon as it has one', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	await a.call('POST', services, service('shop', 'beta'));
	await eventually(async () => isReady(a, 'shop'));
	await b.stop();
	const file = join(fleet.directory('beta'), 'data', 'cluster', 'cluster.json');
	const known = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
	// An address of the documentation range is none of this host.
	await writeFile(file, JSON.stringify({...known, advertise: '203.0.113.9', found: false}));
	const lone = await fleet.start('beta');
	await eventually(async () => ((await lone.call('GET', instances)).items[0]?.status as {phase?: string} | undefined)?.phase === 'Running', {what: 'it to run what it had'});
	await lone.stop();
	await writeFile(file, JSON.stringify(known));
	await fleet.start('beta');
	await eventually(async () => isReady(a, 'shop'), {what: 'the owner to hear of it again'});
	t.pass();
});

test('a new cluster key reaches the members, and whoever joins later is known to all', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	const keyOf = async (name: string): Promise<string> => (JSON.parse(await readFile(join(fleet.directory(name), 'data', 'cluster', 'cluster.json'), 'utf8')) as {clusterKey: string}).clusterKey;
	const before = await keyOf('alpha');
	t.deepEqual(await a.call('POST', '/cluster/rotate-key'), {told: ['beta'], missed: []} as never);
	t.not(await keyOf('alpha'), before);
	t.is(await keyOf('beta'), await keyOf('alpha'));
	await b.stop();
	t.deepEqual(await a.call('POST', '/cluster/rotate-key'), {told: [], missed: ['beta']} as never);
	const again = await fleet.start('beta');
	await join_(again, await admit(a));
	t.is(await keyOf('beta'), await keyOf('alpha'), 'who was away joins once more');
	const c = await fleet.start('gamma');
	await join_(c, await admit(again));
	for (const node of [a, again, c]) await eventually(async () => (await node.call('GET', nodes)).items.length === 3, {what: 'every node to know every node'});
	await c.call('POST', services, service('shop', 'alpha'));
	for (const node of [a, again, c]) await eventually(async () => isReady(node, 'shop'), {what: 'the service to be ready everywhere'});
	const present = await keyOf('alpha');
	await c.kill();
	await a.call('POST', '/cluster/members/gamma/forget', {suspect: true});
	t.not(await keyOf('alpha'), present, 'who is suspect knows a key that counts for nothing');
	t.is(await keyOf('beta'), await keyOf('alpha'));
});

test('an owner restored from an old backup removes nothing: it takes back what the others had copied, and decides about it again', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	const data = join(fleet.directory('alpha'), 'data');
	const backup = join(fleet.directory('alpha'), 'backup');
	const store = async (...words: readonly string[]): Promise<unknown> => run(process.execPath, [bin, 'store', ...words, '--data-dir', data, '--run-dir', join(fleet.directory('alpha'), 'run')]);
	await store('backup', backup);
	await a.call('POST', services, service('shop', 'beta'));
	await eventually(async () => isReady(b, 'shop'), {what: 'the copy'});
	const seen = async (node: NodeProcess) => ({uid: (await node.call('GET', `${services}/shop`)).metadata.uid, runs: (await b.call('GET', instances)).items.map(({metadata: {uid}, status}) => [uid, (status as unknown as {startedAt: string}).startedAt])});
	const before = await seen(a);
	await a.stop();
	await store('restore', backup, '--replace');
	const again = await fleet.start('alpha');
	await eventually(async () => isReady(again, 'shop'), {what: 'the owner to know its service again'});
	t.deepEqual(await seen(again), before, 'the same service, and what ran for it was not touched');
	await again.call('DELETE', `${services}/shop`);
	for (const node of [again, b]) await eventually(async () => (await node.call('GET', instances)).items.length === 0, {what: 'the service to end'});
});

test('a copied disk is told of by the nodes that hear both, which gets nothing new until one of the two is stopped', async t => {
	const {fleet, nodes: [a, b]} = await begin(t, ['alpha', 'beta']) as unknown as {fleet: Awaited<ReturnType<typeof openNodes>>; nodes: [NodeProcess, NodeProcess]};
	await b.stop();
	await cp(join(fleet.directory('beta'), 'data'), join(fleet.directory('copy'), 'data'), {recursive: true});
	await fleet.start('beta');
	const copy = await fleet.start('copy', 'beta');
	const placed = async (name: string): Promise<string> => ((await a.call('GET', `${services}/${name}`)).status as unknown as {conditions: readonly {type: string; message: string}[]}).conditions.find(({type}) => type === 'Placed')?.message ?? '';
	let tries = 0;
	await eventually(async () => {
		tries += 1;
		await a.call('POST', services, service(`shop-${tries}`, 'beta'));
		await eventually(async () => await placed(`shop-${tries}`) !== '', {what: 'a word on where it is placed'});
		return (await placed(`shop-${tries}`)).includes('1 is doubled: two agents speak under one id');
	}, {what: 'a service to be refused by the doubled node'});
	await copy.stop();
	await eventually(async () => isReady(a, `shop-${tries}`), {what: 'it to be placed once there is one agent'});
	t.pass();
});
