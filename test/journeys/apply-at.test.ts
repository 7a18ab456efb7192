import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../support/eventually.js';
import {bin, startNodeProcess, type NodeProcess} from '../support/node-process.js';
import {instancesPath, servicesPath} from '../support/services.js';
import {makeTempDirectory} from '../support/temp-directory.js';

/** Kept over restarts; below those that the kernel gives to connections. */
let nextPort = 29_000 + (process.pid % 300) * 10;

interface Fleet {
	readonly nodes: readonly NodeProcess[];
	/** Writes a manifest of services and tells its path. */
	readonly manifest: (...specs: readonly Record<string, unknown>[]) => Promise<string>;
}

async function openFleet(t: ExecutionContext, names: readonly string[]): Promise<Fleet> {
	const root = await makeTempDirectory('motey-apply-at-');
	const nodes: NodeProcess[] = [];
	t.teardown(async () => {
		await Promise.all(nodes.map(async node => node[Symbol.asyncDispose]()));
		await root[Symbol.asyncDispose]();
	});
	for (const name of names) {
		nodes.push(await startNodeProcess({directory: join(root.path, name), settings: [
			`name=${name}`, `peers.port=${nextPort++}`, `peers.pubPort=${nextPort++}`, 'discovery=none', 'engines.docker.enabled=false', 'engines.simulated.enabled=true',
		]}));
	}
	const [first, ...others] = nodes;
	if (others.length > 0) await first!.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	for (const other of others) {
		const {text, server} = await first!.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
		await other.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'});
	}
	for (const node of nodes) {
		await eventually(async () => {
			const {status} = await node.call('GET', '/apis/motey.io/v1/groups/cluster', undefined, [404]) as unknown as {status?: {known: number; leader?: string}};
			return status?.known === names.length && status.leader !== undefined;
		}, {withinMs: 60_000, what: 'all to count in the group of all nodes'});
	}
	let count = 0;
	return {
		nodes,
		async manifest(...specs) {
			const path = join(root.path, `manifest-${count++}.json`);
			await writeFile(path, specs.map((spec, index) => JSON.stringify({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: `shop-${index}`}, spec})).join('\n---\n'));
			return path;
		},
	};
}

/** The command line as a user types it, at one node: what it wrote, and how it ended. */
async function motey({port, token}: NodeProcess, ...args: readonly string[]): Promise<{readonly code: number; readonly stdout: string; readonly stderr: string}> {
	return promisify(execFile)(process.execPath, [bin, ...args, '--server', `http://127.0.0.1:${port}`, '--token', token], {timeout: 60_000}).then(
		({stdout, stderr}) => ({code: 0, stdout, stderr}),
		(error: unknown) => error as {code: number; stdout: string; stderr: string},
	);
}

const spec = (image: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({replicas: 3, placement: {strategy: 'spread'}, images: [{name: 'web', image, engine: 'simulated'}], ...changes});
const serviceAt = async (node: NodeProcess, name: string): Promise<{metadata: {generation: number; resourceVersion: string}; spec: {images: {image: string}[]}}> => await node.call('GET', `${servicesPath}/${name}`) as never;
/** What the Instances have run since when, sorted. */
const runsAt = async (node: NodeProcess): Promise<readonly string[]> => (await node.call('GET', instancesPath)).items
	.map(item => item as unknown as {spec: {image: {image: string}; nodeName: string}; status: {startedAt: string; contentId: string}}).map(({spec: {nodeName}, status}) => `${nodeName} ${status.contentId} ${status.startedAt}`).sort();

test('all nodes switch at one instant, asked at a node that does not own the services, new ones among them; a node that is away matters only to what it runs', async t => {
	const {nodes, manifest} = await openFleet(t, ['alpha', 'beta', 'gamma']);
	const [alpha, beta, gamma] = nodes as [NodeProcess, NodeProcess, NodeProcess];
	t.like(await motey(alpha, 'apply', '-f', await manifest(spec('web:1')), '--wait'), {code: 0});
	const file = await manifest(spec('web:2'), spec('api:1', {replicas: 2}));
	const switched = await motey(beta, 'apply', '-f', file, '--at', '+3s', '--wait');
	t.is(switched.code, 0, switched.stderr);
	t.regex(switched.stdout, /^service\.motey\.io\/shop-0 switched\nservice\.motey\.io\/shop-1 switched\nNODE +VOTE +SWITCHED +LATE +CLOCK ERROR +REASON\n/u);
	for (const name of ['alpha', 'beta', 'gamma']) t.regex(switched.stdout, new RegExp(`\n${name} +yes +yes +[\\d.]+ ms +≤ [\\d.]+ ms`, 'u'));
	t.log(switched.stdout);
	t.deepEqual([(await serviceAt(alpha, 'shop-0')).metadata.generation, (await serviceAt(alpha, 'shop-0')).spec.images[0]!.image], [2, 'web:2']);
	t.is((await motey(alpha, 'apply', '-f', file, '--at', '+3s')).stdout, 'service.motey.io/shop-0 unchanged\nservice.motey.io/shop-1 unchanged\n');

	// Where nothing may switch everything stays as it was.
	const [before, runs] = [await serviceAt(alpha, 'shop-0'), await runsAt(alpha)];
	const refusals: readonly (readonly [Record<string, unknown>, string, RegExp])[] = [
		[spec('web:3', {images: [{name: 'web', image: 'web:3', engine: 'simulated', parameters: {prepare_error: 'no such image: web:3'}}]}), '+3s', /not ready on alpha, beta, gamma\n$/u],
		[spec('web:3', {images: [{name: 'web', image: 'web:3', engine: 'simulated', parameters: {prepare_delay_ms: 20_000}}]}), '+2s', /not ready on alpha, beta, gamma\n$/u],
		[spec('web:3', {images: [{name: 'web', image: 'web:3', engine: 'simulated', capabilities: ['zigbee']}]}), '+3s', /lacks? (?:capability )?zigbee/u],
		[spec('web:3'), '2001-01-01T00:00:00Z', /the instant is past/u],
	];
	for (const [wanted, at, why] of refusals) {
		const refused = await motey(beta, 'apply', '-f', await manifest(wanted), '--at', at);
		t.is(refused.code, 1);
		t.regex(`${refused.stdout}${refused.stderr}`, why);
	}
	const both = await manifest(spec('web:3'));
	t.regex((await motey(beta, 'apply', '-f', both, '-f', both, '--at', '+3s')).stderr, /default\/shop-0 is there twice/u);
	t.regex((await motey(alpha, 'apply', '-f', await manifest(spec('web:3')), '--at', 'tomorrow')).stderr, /Write a time as \+30s or as 2026-12-24T18:00:00Z/u);

	await gamma.kill();
	await eventually(async () => {
		const {status} = await alpha.call('GET', '/apis/motey.io/v1/groups/cluster') as unknown as {status: {visible: number; leader?: string}};
		return status.visible === 2 && status.leader !== undefined;
	}, {what: 'gamma to be missed'});
	const away = await motey(alpha, 'apply', '-f', await manifest(spec('web:3')), '--at', '+3s');
	t.is(away.code, 1);
	t.regex(away.stdout, /\ngamma +none +no +\S.*\d+ s/u);
	const untouched = (all: readonly string[]): readonly string[] => all.filter(line => !line.startsWith('gamma'));
	t.deepEqual(untouched(await runsAt(alpha)), untouched(runs));
	t.is((await serviceAt(alpha, 'shop-0')).metadata.generation, before.metadata.generation);
	t.is((await serviceAt(alpha, 'shop-0')).spec.images[0]!.image, 'web:2');
	const elsewhere = await motey(beta, 'apply', '-f', await manifest(spec('web:2'), spec('api:1', {replicas: 2}), {images: [{name: 'own', image: 'own:1', engine: 'simulated', node: 'alpha'}]}), '--at', '+3s');
	t.is(elsewhere.code, 0, elsewhere.stderr);
});
