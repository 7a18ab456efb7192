import {execFile} from 'node:child_process';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {eventually} from '../../support/eventually.js';
import {testDocker, testDockerUrl} from '../../support/docker.js';
import {kubectlPath} from '../../support/kubectl.js';
import {bin, startNodeProcess, type NodeProcess} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {servicesPath} from '../support/serve.js';

const run = promisify(execFile);
const instancesPath = '/apis/motey.io/v1/namespaces/default/instances';
const ports = ['peers.port=0', 'peers.pubPort=0', 'discovery=none', 'engines.simulated.enabled=true', 'engines.docker.enabled=false'];
const document = (name: string, replicas = 1) => ({
	apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name, labels: {app: name}},
	spec: {replicas, images: [{name: 'web', image: 'x:1', engine: 'simulated', parameters: {logs: ['first line', 'second line']}}]},
});

/** Two processes that are members of one cluster. */
async function startTwo(): Promise<AsyncDisposable & {readonly a: NodeProcess; readonly b: NodeProcess}> {
	return pair(await startNodeProcess({settings: ['name=node-a', ...ports]}), await startNodeProcess({settings: ['name=node-b', ...ports]}));
}

/** Makes one cluster of two nodes. */
async function pair(a: NodeProcess, b: NodeProcess): Promise<AsyncDisposable & {readonly a: NodeProcess; readonly b: NodeProcess}> {
	await a.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	const token = await a.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
	await b.call('POST', '/cluster/join', {server: token.server, token: token.text, advertise: '127.0.0.1'});
	for (const node of [a, b]) await eventually(async () => (await node.call('GET', '/apis/motey.io/v1/nodes')).items.length === 2, {what: 'both nodes to be known'});
	return {a, b, async [Symbol.asyncDispose]() {
		await a[Symbol.asyncDispose]();
		await b[Symbol.asyncDispose]();
	}};
}

const ready = async (node: NodeProcess, name: string, replicas: number) => eventually(async () => (await node.call('GET', `${servicesPath}/${name}`)).status?.readyReplicas === replicas, {what: `${replicas} replicas of ${name} to be ready`});

/** kubectl with the credentials that `motey kubeconfig` prints for a node. */
async function kubectlOf(node: NodeProcess): Promise<(...words: readonly string[]) => Promise<string>> {
	const config = join(node.directory, 'kubeconfig');
	const {stdout: text} = await run(process.execPath, [bin, 'kubeconfig', '--server', `https://127.0.0.1:${(JSON.parse(await readFile(join(node.directory, 'run', 'motey.json'), 'utf8')) as {tlsPort: number}).tlsPort}`, '--token', node.token, '--certificate-authority', await authorityOf(node)], {env: {...process.env, HOME: node.directory}});
	await writeFile(config, text, {mode: 0o600});
	return async (...words) => (await run(kubectlPath(), ['--kubeconfig', config, '--cache-dir', join(node.directory, 'cache'), ...words], {timeout: 60_000})).stdout;
}

async function authorityOf(node: NodeProcess): Promise<string> {
	const file = join(node.directory, 'authority.pem');
	await writeFile(file, await node.call('GET', '/cluster/authority') as unknown as string);
	return file;
}

test.serial('through the node that does not own it, a service is applied, scaled, read, logged and deleted with kubectl', async t => {
	await using two = await startTwo();
	const {a, b} = two;
	const {metadata: {resourceVersion}} = await b.call('GET', servicesPath);
	const watch = await b.open(`${servicesPath}?watch=true&resourceVersion=${resourceVersion}`);
	let watched = '';
	watch.setEncoding('utf8').on('data', chunk => watched += String(chunk));
	t.teardown(() => watch.destroy());
	await a.call('POST', servicesPath, document('web', 2));
	await ready(b, 'web', 2);
	await eventually(() => /^\{"type":"ADDED"[^\n]*"name":"web"[^\n]*\n[\s\S]*\{"type":"MODIFIED"[^\n]*"readyReplicas":2/mu.test(watched), {what: 'the watch at node b to tell what node a has done'});
	const kubectl = await kubectlOf(b);
	t.regex(await kubectl('get', 'services.motey.io', 'web'), /web\s+2\/2\s+Running/u);
	const file = join(b.directory, 'web.json');
	await writeFile(file, JSON.stringify(document('web', 3)));
	t.regex(await kubectl('apply', '-f', file), /configured/u);
	t.is((await a.call('GET', `${servicesPath}/web`)).spec?.replicas, 3);
	t.regex(await kubectl('apply', '-f', file), /unchanged/u);
	t.regex(await kubectl('scale', 'services.motey.io', 'web', '--replicas=1'), /scaled/u);
	await ready(b, 'web', 1);
	t.is(await kubectl('get', 'services.motey.io', 'web', '-o', 'jsonpath={.spec.replicas}'), '1');
	t.is(await kubectl('get', '--raw', `${instancesPath}/web-web-0/log`), 'first line\nsecond line\n', 'which node a has');
	t.regex(await kubectl('get', 'nodes'), /node-a\s+Ready[\s\S]*node-b\s+Ready/u);
	t.regex(await kubectl('delete', 'services.motey.io', 'web', '--timeout=30s'), /deleted/u);
	await t.throwsAsync(kubectl('get', 'services.motey.io', 'web'), {message: /NotFound/u});
	t.is((await a.call('GET', servicesPath)).items.length, 0);
});

test.serial('a precondition, an owner that is away, and the age of its word, with two processes', async t => {
	await using two = await startTwo();
	const {a, b} = two;
	await a.call('POST', servicesPath, document('web'));
	await ready(b, 'web', 1);
	const {metadata: {resourceVersion: old}} = await b.call('GET', `${servicesPath}/web`);
	t.is((await b.call('PUT', `${servicesPath}/web`, {...document('web', 2), metadata: {name: 'web', resourceVersion: old}})).spec?.replicas, 2);
	await eventually(async () => (await b.call('GET', `${servicesPath}/web`)).metadata.resourceVersion !== old);
	t.is((await b.call('PUT', `${servicesPath}/web`, {...document('web', 3), metadata: {name: 'web', resourceVersion: old}}, [409])).code, 409);

	await a.kill();
	const refused = await eventually(async () => {
		const answer = await b.call('PUT', `${servicesPath}/web/scale`, {metadata: {name: 'web'}, spec: {replicas: 5}}, [503, 504]);
		return answer.code === 503 ? answer as unknown as {message: string} : undefined;
	});
	t.regex(refused.message, /^node-a owns/u);
	await eventually(async () => Number((await b.open(`${servicesPath}/web`)).resume().headers['motey-as-of']) >= 3, {what: 'the copy to tell its age'});
	t.is((await b.call('GET', `${servicesPath}/web`)).spec?.replicas, 2);
	t.is((await b.call('POST', servicesPath, document('own'))).metadata.name, 'own', 'new work is taken by the lone node');
});

test.serial('what a node\'s own file does not permit it does not run for another node whose file permits it, and says why', async t => {
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'motey.yaml');
	await writeFile(file, 'policy: {allowCapabilities: [NET_ADMIN]}\n', {mode: 0o644});
	const settings = [...ports, 'engines.docker.enabled=true'];
	const dockerUrl = testDockerUrl();
	await using two = await pair(
		await startNodeProcess({settings: ['name=node-a', ...settings], dockerUrl, configFile: file}),
		await startNodeProcess({settings: ['name=node-b', ...settings, 'capabilities.static=[{capability: only-b, capability_type: name}]'], dockerUrl}),
	);
	const {a, b} = two;
	const router = {...document('router'), spec: {replicas: 1, images: [{name: 'main', image: 'router:1', engine: 'docker', parameters: {cap_add: ['NET_ADMIN']}, capabilities: ['only-b']}]}};
	t.regex(JSON.stringify(await b.call('POST', servicesPath, router, [403])), /NET_ADMIN/u, 'node b takes no such service itself');
	await a.call('POST', servicesPath, router);
	const told = async (node: NodeProcess) => (await node.call('GET', `${instancesPath}/router-main-0`, undefined, [404])) as unknown as {spec?: {nodeName: string}; metadata: {uid: string}; status?: {phase: string; reason: string; message: string}};
	for (const node of [a, b]) await eventually(async () => (await told(node)).status?.reason === 'PolicyRefused', {what: 'the refusal to be told'});
	const {spec, status} = await told(a);
	t.is(spec?.nodeName, 'node-b');
	t.like(status, {phase: 'Failed'});
	t.regex(status!.message, /NET_ADMIN is beyond what Docker gives every container[\s\S]*allowCapabilities/u, 'with the line that would permit it there');
	t.regex(JSON.stringify(await a.call('GET', `${servicesPath}/router/why`)), /NET_ADMIN/u);
	t.deepEqual((await testDocker().listContainers({all: true})).filter(({Names}) => Names.some(name => name.includes('router'))), []);
	await a.call('DELETE', `${servicesPath}/router`);
	for (const node of [a, b]) await eventually(async () => (await node.call('GET', instancesPath)).items.length === 0, {what: 'it to be gone'});
});
