import {fork, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, readdir, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {startDaemon, stopDaemon} from '../../controller/daemon.js';
import {readRunState, startTicksOf} from '../../controller/run-state.js';
import {eventually} from '../support/eventually.js';
import {bin} from '../support/node-process.js';
import {makeTempDirectory} from '../support/temp-directory.js';

// Under a file there can be no other: these nodes find no place for the way to them, and run all the same.
process.env['MOTEY_CONFIG'] = '/dev/null/config';

const argumentsIn = (directory: string): string[] => ['start', '--foreground', '--data-dir', join(directory, 'data'), '--run-dir', join(directory, 'run'), '--port', '0', '--tls-port', '0',
	'--log-level', 'silent', '--set', 'engines.docker.enabled=false', '--set', 'engines.simulated.enabled=true'];

test('a daemon\'s data is nobody else\'s from its first start on', async t => {
	await using directory = await makeTempDirectory();
	await startDaemon({program: bin, args: argumentsIn(directory.path), logFile: join(directory.path, 'data', 'motey.log'), deadlineMs: 60_000});
	const state = await readRunState(join(directory.path, 'run'));
	t.is((await stat(join(directory.path, 'data'))).mode & 0o777, 0o700);
	await stopDaemon({state: state!, graceMs: 10_000});
	t.is(await readRunState(join(directory.path, 'run')), undefined);
});

test('what a killed process left of a backup is gone after the next start', async t => {
	await using directory = await makeTempDirectory();
	const data = join(directory.path, 'data');
	await mkdir(join(data, '.unfinished-backup-AbCdEf'), {recursive: true});
	await mkdir(join(data, 'backup-of-mine'));
	await startDaemon({program: bin, args: argumentsIn(directory.path), logFile: join(directory.path, 'log'), deadlineMs: 60_000});
	const kept = await readdir(data);
	t.true(kept.includes('backup-of-mine'));
	t.false(kept.some(name => name.startsWith('.unfinished')));
	await stopDaemon({state: (await readRunState(join(directory.path, 'run')))!, graceMs: 10_000});
});

test('a process that ignores SIGTERM is killed, whatever became of its run state', async t => {
	const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => undefined); console.log("ready"); setInterval(() => undefined, 1000)'], {stdio: ['ignore', 'pipe', 'inherit']});
	await once(child.stdout, 'data');
	const ended = once(child, 'exit');
	await stopDaemon({state: {pid: child.pid!, startTicks: (await startTicksOf(child.pid!))!}, graceMs: 200});
	t.deepEqual(await ended, [null, 'SIGKILL']);
});

test('what a daemon complained of is told, and nothing of what its log held before', async t => {
	await using directory = await makeTempDirectory();
	const logFile = join(directory.path, 'log');
	await writeFile(logFile, 'old\n'.repeat(100_000));
	const error = await t.throwsAsync(startDaemon({program: bin, args: ['start', '--foreground', '--set', 'nonsense=1'], logFile, deadlineMs: 60_000}), {name: 'DaemonError', message: /unknown key nonsense/u});
	t.notRegex(error.message, /old/u);
});

test('a node outlives whoever started it and was ended while it waited', async t => {
	await using directory = await makeTempDirectory();
	const child = fork(bin, argumentsIn(directory.path), {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
	const ended = once(child, 'exit');
	child.disconnect();
	await eventually(async () => readRunState(join(directory.path, 'run')), {what: 'the node to run'});
	// Ends by itself if telling that it is ready killed it; a signal that it takes shows that it lives.
	child.kill('SIGTERM');
	t.deepEqual(await ended, [0, null]);
});

test('a second signal ends a node at once', async t => {
	const program = `import {whenAskedToEnd} from ${JSON.stringify(new URL('../../controller/process.js', import.meta.url).href)};
		setInterval(() => undefined, 1000);
		const asked = whenAskedToEnd();
		console.log('ready');
		console.log(await asked);`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'pipe', 'inherit']});
	const ended = once(child, 'exit');
	await once(child.stdout, 'data');
	child.kill('SIGTERM');
	const [said] = await once(child.stdout, 'data') as [Buffer];
	t.is(said.toString(), 'SIGTERM\n');
	child.kill('SIGTERM');
	t.deepEqual(await ended, [null, 'SIGTERM']);
});

test('a run state that is no JSON is none', async t => {
	await using directory = await makeTempDirectory();
	await writeFile(join(directory.path, 'motey.json'), '{"pid":');
	t.is(await readRunState(directory.path), undefined);
});
