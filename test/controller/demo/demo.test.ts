import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir} from 'node:fs/promises';
import {PassThrough} from 'node:stream';
import {promisify} from 'node:util';
import test, {type ExecutionContext} from 'ava';
import {run as runVerb} from '../../../api/cli/program.js';
import type {Verb} from '../../../api/cli/verb.js';
import {nobody} from '../../api/cli/support/run-cli.js';
import {namespaces} from '../../cluster/lan.js';
import {testDocker, testDockerUrl} from '../../support/docker.js';
import {eventually} from '../../support/eventually.js';
import {bin} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const run = promisify(execFile);

/** Runs a demo to its end; resolves with what it printed and who it was. */
async function demonstrate(home: string, ...args: readonly string[]): Promise<{readonly stdout: string; readonly pid: number | undefined}> {
	const running = run(process.execPath, [bin, 'demo', ...args, '--docker-url', testDockerUrl()], {env: {...process.env, HOME: home, TMPDIR: home}});
	return {stdout: (await running).stdout, pid: running.child.pid};
}

/** All demos use one image, which each takes away: so they run one after the other, in one file. */
async function nothingIsLeft(t: ExecutionContext, {home, services, pid}: {readonly home: string; readonly services: readonly string[]; readonly pid: number | undefined}): Promise<void> {
	t.deepEqual(await readdir(home), [], 'neither a context nor a directory is left');
	t.deepEqual(await testDocker().listImages({filters: {reference: ['motey/hello']}}), []);
	for (const service of services) t.deepEqual(await testDocker().listContainers({all: true, filters: {label: [`motey.io/service=${service}`]}}), []);
	t.deepEqual((await namespaces()).filter(name => name.startsWith(`motey-demo-${pid}-`)), []);
}

test.serial('the demo shows a container come back, and takes away all it made', async t => {
	await using home = await makeTempDirectory();
	const {stdout, pid} = await demonstrate(home.path, '--once');
	t.regex(stdout, /running again after \d+ ms/u);
	t.is(stdout.match(/Hello from Motey, served by hello-web-0/gu)?.length, 2);
	await nothingIsLeft(t, {home: home.path, services: ['hello'], pid});
});

test.serial('a demo that cannot have its image says why and leaves nothing behind', async t => {
	await using home = await makeTempDirectory();
	const env = {...process.env, HOME: home.path, TMPDIR: home.path};
	await t.throwsAsync(run(process.execPath, [bin, 'demo', '--docker-url', `unix://${home.path}/none.sock`], {env}), {message: /docker import of .+ failed; does "docker -H .+ version" work\?/su});
	await t.throwsAsync(run(process.execPath, [bin, 'demo', '--docker-url', testDockerUrl()], {env: {...env, PATH: '/nonexistent'}}), {message: /docker command, which cannot be run/u});
	t.deepEqual(await readdir(home.path), []);
});

test.serial('the demo of two nodes shows both sides of a cut go on and nothing restarted, and takes away all it made', async t => {
	await using home = await makeTempDirectory();
	const {stdout, pid} = await demonstrate(home.path, 'two-nodes');
	for (const told of [/a accepted left in \d+ ms and runs it after [\d.]+ s/u, /b accepted right/u, /a has missed b: .+ after [\d.]+ s/u, /the one too many of pair is gone after [\d.]+ s/u, /Nothing was restarted/u]) t.regex(stdout, told);
	await nothingIsLeft(t, {home: home.path, services: ['pair', 'left', 'right'], pid});
});

test.serial('the demo of a device that is unplugged shows its service follow it, and takes away all it made', async t => {
	await using home = await makeTempDirectory();
	const {stdout, pid} = await demonstrate(home.path, 'unplug');
	for (const told of [/reader has ended on a after \d+ ms/u, /2 lack capability usb-reader/u, /reader runs on b after \d+ ms/u]) t.regex(stdout, told);
	await nothingIsLeft(t, {home: home.path, services: ['reader'], pid});
});

test.serial('the demo of three programs shows them vote, act at one instant and outlive their leader, and takes away all it made', async t => {
	await using home = await makeTempDirectory();
	const {stdout, pid} = await demonstrate(home.path, 'vote-act');
	for (const told of [/rejected: not all agree/u, /c\/lamp +no +it does not like blue/u, /[abc]\/lamp leads after [\d.]+ s/u, /timeout: no vote in time from [abc]\/lamp/u]) t.regex(stdout, told);
	t.is(stdout.match(/\/lamp turned red [\d.]+ ms after the first/gu)?.length, 3);
	await nothingIsLeft(t, {home: home.path, services: [], pid});
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
	test.serial(`a demo of two nodes that is ended by ${signal} in its middle takes away all it made`, async t => {
		await using home = await makeTempDirectory();
		const child = spawn(process.execPath, [bin, 'demo', 'two-nodes', '--docker-url', testDockerUrl()], {stdio: ['ignore', 'pipe', 'ignore'], env: {...process.env, HOME: home.path, TMPDIR: home.path}});
		const ended = once(child, 'exit');
		let said = '';
		child.stdout.on('data', (chunk: Buffer) => {
			said += chunk.toString();
		});
		await eventually(() => said.includes('The cable of b is pulled'));
		child.kill(signal);
		await eventually(() => said.includes('Taking away'));
		// Who goes away now is not to keep it from taking away what it made.
		child.stdout.destroy();
		t.deepEqual(await ended, [signal === 'SIGINT' ? 130 : 1, null]);
		await nothingIsLeft(t, {home: home.path, services: ['pair', 'left', 'right'], pid: child.pid});
	});
}

test.serial('a demo that is interrupted before it begins makes nothing', async t => {
	const demo: Verb = {group: 'process', name: 'demo', summary: '', load: async () => import('../../../controller/commands/demo.js')};
	const [stdout, stderr] = [new PassThrough(), new PassThrough()];
	const io = {stdin: new PassThrough(), stdout, stderr, environment: nobody, signal: AbortSignal.abort()};
	t.is(await runVerb(['demo', 'two-nodes', '--docker-url', 'unix:///nonexistent'], io, [demo]), 130);
	t.is(stdout.read(), null);
	t.is(stderr.read(), null);
});

test.serial('a demo of two nodes says in one line what it needs and has not', async t => {
	await using home = await makeTempDirectory();
	const env = {...process.env, HOME: home.path, TMPDIR: home.path};
	const refused = async (args: readonly string[], changes: NodeJS.ProcessEnv, message: RegExp) => {
		const error = await t.throwsAsync<Error & {readonly code: number; readonly stderr: string}>(run(process.execPath, [...args, bin, 'demo', 'unplug', '--docker-url', testDockerUrl()], {env: {...env, ...changes}}));
		t.is(error.code, 1);
		t.regex(error.stderr, message);
	};
	await refused(['--import', 'data:text/javascript,process.getuid=()=>1000'], {}, /^error: [^\n]+ takes root and iproute2: run it as root\n$/u);
	await refused([], {PATH: '/nonexistent'}, /^error: [^\n]+ apt-get install iproute2\n$/u);
	await t.throwsAsync(run(process.execPath, [bin, 'demo', 'unplug', '--docker-url', 'tcp://127.0.0.1:9'], {env}), {message: /must listen on a unix socket/u});
	await nothingIsLeft(t, {home: home.path, services: ['reader'], pid: undefined});
});
