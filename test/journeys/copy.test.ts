/** Files go between machines by the command line and whole processes, of which any may be killed. */
import {spawn, type ChildProcess} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {eventually} from '../support/eventually.js';
import {freePort} from '../support/free-port.js';
import {bin, startNodeProcess, type NodeProcess} from '../support/node-process.js';

const mebibyte = 1_048_576;

interface Pair {
	readonly root: string;
	readonly near: NodeProcess;
	readonly far: NodeProcess;
	/** Where the far node's files are. */
	readonly files: string;
	readonly restartFar: () => Promise<void>;
	readonly restartNear: () => Promise<void>;
}

/** Two nodes in one cluster; `near` is the one that is asked. A node that starts again is reached at the same port. */
async function openPair(t: ExecutionContext): Promise<Pair> {
	const root = await mkdtemp(join(tmpdir(), 'motey-copy-'));
	const running = new Map<string, NodeProcess>();
	t.teardown(async () => {
		await Promise.all([...running.values()].map(async node => (node.alive() ? node[Symbol.asyncDispose]() : undefined)));
		await rm(root, {recursive: true, force: true});
	});
	const peerPorts = new Map([['near', await freePort()], ['far', await freePort()]]);
	const start = async (name: string, ports: {readonly api?: number} = {}): Promise<NodeProcess> => {
		const node = await startNodeProcess({directory: join(root, name), settings: [
			`name=${name}`, `peers.port=${peerPorts.get(name)!}`, 'peers.pubPort=0', 'discovery=none', 'engines.docker.enabled=false', 'engines.simulated.enabled=true', ...(ports.api === undefined ? [] : [`api.port=${ports.api}`]),
		]});
		running.set(name, node);
		return node;
	};
	const [near, far] = await Promise.all([start('near'), start('far')]);
	await near.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	const {text, server} = await near.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
	await far.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'});
	await eventually(async () => (await near.call('GET', '/apis/motey.io/v1/nodes')).items.length === 2, {what: 'the nodes to know each other'});
	return {
		root, near, far, files: join(root, 'far/data/files'),
		restartFar: async () => {
			await running.get('far')!.kill();
			await start('far');
		},
		restartNear: async () => {
			await running.get('near')!.kill();
			await start('near', {api: near.port});
		},
	};
}

interface Ended {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** `motey cp`, asking `near`. */
function beginCopy({near, root}: Pair, from: string, to: string, token = near.token): {readonly child: ChildProcess; readonly ended: Promise<Ended>} {
	const child = spawn(process.execPath, [bin, 'cp', from, to, '--server', `http://127.0.0.1:${near.port}`, '--token', token], {cwd: root, stdio: ['ignore', 'pipe', 'pipe']});
	const said = {stdout: '', stderr: ''};
	child.stdout.on('data', bytes => said.stdout += String(bytes));
	child.stderr.on('data', bytes => said.stderr += String(bytes));
	return {child, ended: once(child, 'close').then(([code]) => ({code: code as number | null, ...said}))};
}

const copy = async (pair: Pair, from: string, to: string, token?: string): Promise<Ended> => beginCopy(pair, from, to, token).ended;

/** Waits until so much of the one unfinished file in a directory is there. */
async function untilThere(directory: string, bytes: number): Promise<void> {
	await eventually(async () => {
		const [name] = (await readdir(directory)).filter(each => each.endsWith('-part'));
		return name !== undefined && (await stat(join(directory, name))).size >= bytes;
	}, {everyMs: 1, what: `${bytes} bytes to be there`});
}

test('files and folders are copied to a node and back through another, and only by admins', async t => {
	const pair = await openPair(t);
	const content = randomBytes(3 * mebibyte + 1);
	await mkdir(join(pair.root, 'site/deep/er'), {recursive: true});
	await writeFile(join(pair.root, 'site/index'), content);
	await writeFile(join(pair.root, 'site/deep/er/empty'), '');
	await symlink('index', join(pair.root, 'site/link'));
	await mkdir(join(pair.root, 'site/bare/inside'), {recursive: true});

	t.like(await copy(pair, 'site/index', 'far:report'), {code: 0, stderr: ''});
	t.true((await readFile(join(pair.files, 'report'))).equals(content));
	const tree = await copy(pair, 'site', 'far:');
	t.is(tree.code, 0, tree.stderr);
	t.regex(tree.stderr, /site\/link is neither a file nor a directory, and was left out/u);
	t.regex(tree.stdout, /site\/index → far:site\/index {2}3\.0 MiB in \d/u);
	t.deepEqual(await readdir(join(pair.files, 'site/bare/inside')), [], 'an empty folder too');
	t.is((await copy(pair, 'far:site', 'back')).code, 0);
	t.deepEqual(await readdir(join(pair.root, 'back/bare/inside')), []);
	t.true((await readFile(join(pair.root, 'back/index'))).equals(content));
	t.is((await stat(join(pair.root, 'back/deep/er/empty'))).size, 0);
	t.like(await copy(pair, 'site/index', 'near:own'), {code: 0}, 'the node that is asked has files too');
	t.true((await readFile(join(pair.root, 'near/data/files/own'))).equals(content));

	t.like(await copy(pair, 'site/index', 'far:../report'), {code: 5}, 'outside');
	t.like(await copy(pair, 'far:/etc/passwd', 'x'), {code: 5});
	t.like(await copy(pair, 'far:nothing', 'x'), {code: 6});
	t.like(await copy(pair, 'site/index', 'nobody:x'), {code: 6, stderr: 'error: there is no node "nobody"\nThere are: far, near.\n'});
	t.like(await copy(pair, 'site', 'back'), {code: 2});
	const viewer = await pair.near.call('POST', '/apis/motey.io/v1/tokens', {name: 'viewer'}) as unknown as {secret: string};
	t.like(await copy(pair, 'site/index', 'far:x', viewer.secret), {code: 5});
	t.like(await copy(pair, 'far:report', 'x', viewer.secret), {code: 5});
	t.deepEqual((await readdir(pair.files)).sort(), ['report', 'site']);
	await eventually(async () => {
		const {items} = await pair.far.call('GET', '/api/v1/events') as unknown as {items: readonly {reason: string; message: string; involvedObject: {kind: string}}[]};
		return items.some(({reason, message, involvedObject}) => reason === 'FilesCopied' && /^3 files came: [\d.]+ MiB$/u.test(message) && involvedObject.kind === 'Node');
	}, {withinMs: 60_000, what: 'an event that tells of what came'});
});

test('a copy goes on after the receiver, the node between, and the command itself were killed', async t => {
	const pair = await openPair(t);
	const size = 48 * mebibyte;
	const content = randomBytes(size);
	await writeFile(join(pair.root, 'big'), content);
	const first = beginCopy(pair, 'big', 'far:big');
	await untilThere(pair.files, size / 6);
	await pair.restartFar();
	await untilThere(pair.files, size / 3);
	await pair.restartNear();
	await untilThere(pair.files, size / 2);
	first.child.kill('SIGKILL');
	await first.ended;
	const second = await copy(pair, 'big', 'far:big');
	t.is(second.code, 0, second.stderr);
	t.true((await readFile(join(pair.files, 'big'))).equals(content));
	t.deepEqual(await readdir(pair.files), ['big']);

	const fetching = beginCopy(pair, 'far:big', 'fetched');
	await untilThere(pair.root, size / 4);
	await pair.restartFar();
	const fetched = await fetching.ended;
	t.is(fetched.code, 0, fetched.stderr);
	t.true((await readFile(join(pair.root, 'fetched'))).equals(content));
});
