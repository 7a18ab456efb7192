import {execFile, spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {promisify} from 'node:util';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {openDemoLan} from '../../../controller/demo/lan.js';
import {createMachine} from '../../../controller/demo/machine.js';
import {namespaces} from '../../cluster/lan.js';
import {startDockerd, type Dockerd} from '../../support/dockerd.js';
import {eventually} from '../../support/eventually.js';
import {bin} from '../../support/node-process.js';
import {listProcesses} from '../../support/processes.js';
import {makeTempDirectory, type TempDirectory} from '../../support/temp-directory.js';

interface Running {
	readonly home: TempDirectory;
	readonly child: ChildProcess;
	readonly stdout: Promise<string>;
	readonly stderr: Promise<string>;
	readonly ended: Promise<unknown[]>;
}

const test = anyTest as TestFn<{engine: Dockerd; lease: Running}>;

async function begin(...args: readonly string[]): Promise<Running> {
	const home = await makeTempDirectory();
	const child = spawn(process.execPath, [bin, 'demo', ...args], {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, HOME: home.path, TMPDIR: home.path}});
	return {home, child, stdout: text(child.stdout), stderr: text(child.stderr), ended: once(child, 'exit')};
}

/** Resolves with what a demo told, once it is over and nothing of it is left. */
async function toldBy(t: ExecutionContext, {home, child, stdout, stderr, ended}: Running, code = 0): Promise<string> {
	const told = await stdout;
	const [exitCode] = await ended;
	t.is(exitCode, code, `${told}\n${await stderr}`);
	t.deepEqual(await readdir(home.path), [], 'neither a context nor a directory is left');
	t.deepEqual(listProcesses().filter(({commandLine}) => commandLine.includes(home.path)), []);
	const own = `motey-demo-${child.pid}-`;
	t.deepEqual((await namespaces()).filter(name => name.startsWith(own)), []);
	const root = '/sys/fs/cgroup';
	for (const parent of ['', ...await readdir(root)]) for (const name of ['a', 'b', 'c']) t.false(existsSync(join(root, parent, own + name)), `no cgroup below ${parent}`);
	await home[Symbol.asyncDispose]();
	return told;
}

// A lease takes its time, and nobody's processor: the others are shown meanwhile.
test.before(async t => {
	const engine = await startDockerd();
	Object.assign(t.context, {engine, lease: await begin('at-most-one', '--docker-url', engine.url)});
});

test.after.always(async t => {
	const {engine, lease} = t.context as Partial<{engine: Dockerd; lease: Running}>;
	if (lease?.child.exitCode === null) {
		lease.child.kill('SIGTERM');
		await lease.ended;
	}
	await engine?.[Symbol.asyncDispose]();
});

test.serial('the demo of a blackout shows all services come back in the same containers, each node alone and at 1970', async t => {
	const told = await toldBy(t, await begin('blackout', '--nodes', '2'));
	t.is(told.match(/ [ab]: engine after [\d.]+ s, node after [\d.]+ s, all 4 containers after [\d.]+ s; to its node it is 1970-01-01T00:0/gu)?.length, 2);
	for (const line of [/8 containers, 2 engines and 2 nodes are gone/u, /all services are back [\d.]+ s after the power/u, /one fleet again after [\d.]+ s/u, /All 8 are the very containers that ran before/u]) t.regex(told, line);
});

test.serial('the demo of chaos has the faults of its seed, and sums up what it saw', async t => {
	const told = await toldBy(t, await begin('chaos', '--minutes', '0', '--seed', '331'));
	for (const line of [/c has no power for 2.6 s/u, /the Docker Engine of b is killed/u, /2 faults in \d:\d\d, seed 331: all was as wanted again at most [\d.]+ s after each was mended. In \d+ looks/u]) t.regex(told, line);
});

test.serial('a machine that nobody wants any more while it is switched on can be switched off', async t => {
	await using home = await makeTempDirectory();
	await using lan = await openDemoLan(['a']);
	const unwanted = new AbortController();
	const machine = await createMachine({host: lan.hosts[0]!, directory: join(home.path, 'a'), signal: unwanted.signal});
	const on = machine.powerOn();
	unwanted.abort(new Error('nobody wants it'));
	await t.throwsAsync(on, {message: 'nobody wants it'});
	await machine.powerOff();
	t.deepEqual(listProcesses().filter(({commandLine}) => commandLine.includes(home.path)), []);
});

for (const [how, end, code] of [
	['that is ended by Ctrl-C in its middle', (child: ChildProcess) => child.kill('SIGINT'), 130],
	['whose reader goes away', (child: ChildProcess) => child.stdout!.destroy(), 0],
] as const) {
	test.serial(`a demo with machines of its own ${how} takes away all it made`, async t => {
		const running = await begin('blackout', '--nodes', '2');
		await eventually(() => listProcesses().some(({name, commandLine}) => name === 'dockerd' && commandLine.includes(running.home.path)), {what: 'an engine to start'});
		end(running.child);
		await toldBy(t, {...running, stdout: running.stdout.catch(() => 'nothing more')}, code);
	});
}

test.serial('a demo with machines of its own says in one line what it needs and has not', async t => {
	const refused = async (args: readonly string[], changes: NodeJS.ProcessEnv, message: RegExp) => {
		await using home = await makeTempDirectory();
		const error = await t.throwsAsync<Error & {readonly stderr: string}>(promisify(execFile)(process.execPath, [...args, bin, 'demo', 'blackout'], {env: {...process.env, HOME: home.path, TMPDIR: home.path, ...changes}}));
		t.regex(error.stderr, message);
		t.deepEqual(await readdir(home.path), []);
	};
	await refused(['--import', 'data:text/javascript,process.getuid=()=>1000'], {}, /^error: [^\n]+ takes root, iproute2 and dockerd: run it as root\n$/u);
	await refused([], {PATH: '/nonexistent'}, /^error: [^\n]+ apt-get install iproute2\n$/u);
	const {stdout} = await promisify(execFile)(process.execPath, [bin, 'demo', 'list']);
	for (const name of ['at-most-one', 'blackout', 'chaos', 'two-nodes', 'unplug']) t.regex(stdout, new RegExp(`^${name} .*root`, 'mu'));
});

test.serial('the demo of what there may be one of shows it end where it is cut off before it begins elsewhere', async t => {
	const told = await toldBy(t, t.context.lease);
	for (const line of [/now: a nothing, b ledger-web-0/u, /given it up: a nothing, b nothing/u, /taken it over: a ledger-web-0.2 \(\w+\), b nothing/u, /begins on b\n.*ends {3}on b\n.*begins on a\nNever two at once/u]) t.regex(told, line);
});
