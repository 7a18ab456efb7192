import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {rename, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {of, Subject, throwError} from 'rxjs';
import {loadIdentity} from '../../controller/identity.js';
import {openListeners, type ListenerOptions} from '../../controller/listeners.js';
import {createOwned, follow, runLoops} from '../../controller/process.js';
import {readRunState, writeRunState} from '../../controller/run-state.js';
import {systemdUnit} from '../../controller/systemd-unit.js';
import {loadTls} from '../../controller/tls/load.js';
import {makeTempDirectory} from '../support/temp-directory.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
const state = {startedAt: '2026-01-01T00:00:00Z', version: '1', name: 'n', dataDir: '/d', port: 1, tlsPort: 2, socket: '/s', supervised: false};

test('an identity is made once and kept', async t => {
	await using directory = await makeTempDirectory();
	const first = await loadIdentity(directory.path);
	t.regex(first.id, /^[a-z2-7]{26}$/u);
	t.deepEqual(await loadIdentity(directory.path), first);
});

test('two nodes never have one id', async t => {
	await using one = await makeTempDirectory();
	await using other = await makeTempDirectory();
	t.not((await loadIdentity(one.path)).id, (await loadIdentity(other.path)).id);
});

test('a run state counts only while its very process lives', async t => {
	await using directory = await makeTempDirectory();
	t.is(await readRunState(directory.path), undefined);
	await writeRunState(directory.path, state);
	t.is((await readRunState(directory.path))?.pid, process.pid);
	const child = spawn('true');
	await once(child, 'exit');
	const stale = {...state, pid: child.pid, startTicks: '1'};
	await writeFile(join(directory.path, 'motey.json'), JSON.stringify(stale));
	t.is(await readRunState(directory.path), undefined);
	await writeFile(join(directory.path, 'motey.json'), JSON.stringify({...stale, pid: process.pid}));
	t.is(await readRunState(directory.path), undefined, 'a pid that went to another process');
});

test('what was opened is closed in reverse, also when one part fails', async t => {
	const closed: string[] = [];
	const owned = createOwned(silent);
	owned.own('a', 1, () => void closed.push('a'));
	owned.own('b', 1, () => {
		throw new Error('b');
	});
	owned.own('c', 1, async () => Promise.resolve(void closed.push('c')));
	await owned.close();
	t.deepEqual(closed, ['c', 'a']);
});

test('a loop that ends by itself is named, the others go on, and so does what follows a stream', async t => {
	const reports = new Subject<never>();
	const loop = {queueDepth: () => 0};
	const loops = runLoops({loops: [{...loop, name: 'broken', reports: throwError(() => new Error('bug'))}, {...loop, name: 'sound', reports}], onReport: () => undefined, log: silent});
	t.deepEqual(loops.ended(), ['broken']);
	t.true(reports.observed);
	loops.end();
	t.false(reports.observed);
	const failed: unknown[] = [];
	const seen = await new Promise(resolve => {
		follow(of(1, 2), value => {
			if (value === 1) throw new Error('one');
			resolve(value);
		}, error => failed.push(error));
	});
	t.is(seen, 2);
	t.is(failed.length, 1);
});

async function listenerOptions(directory: string): Promise<ListenerOptions> {
	const tls = await loadTls({directory: join(directory, 'tls'), nodeName: 'n', names: ['localhost'], now: new Date()});
	return {handler: (_request, response) => response.end('ok'), configure: () => undefined, tls, port: 0, tlsPort: 0, addresses: [], socket: join(directory, 's'), maxHeaderSize: 16_384, onError: () => undefined};
}

test('a taken port is told with what to do, and nothing stays open', async t => {
	await using directory = await makeTempDirectory();
	const other = createServer().listen(0, '127.0.0.1');
	await once(other, 'listening');
	const {port} = other.address() as {port: number};
	const options = await listenerOptions(directory.path);
	await t.throwsAsync(openListeners({...options, tlsPort: port}), {name: 'ConfigError', message: new RegExp(`127.0.0.1:${port} is taken`, 'u')});
	other.close();
	await (await openListeners(options)).close(0);
});

test('a socket that nobody answers on is replaced, one that answers is left', async t => {
	await using directory = await makeTempDirectory();
	const options = await listenerOptions(directory.path);
	const dead = createServer().listen(join(directory.path, 'dead'));
	await once(dead, 'listening');
	await rename(join(directory.path, 'dead'), options.socket);
	dead.close();
	const first = await openListeners(options);
	await t.throwsAsync(openListeners(options), {message: /another process answers/u});
	await first.close(0);
});

test('a socket path no socket can have is refused', async t => {
	await using directory = await makeTempDirectory();
	const options = await listenerOptions(directory.path);
	await t.throwsAsync(openListeners({...options, socket: join(directory.path, 'x'.repeat(120))}), {message: /longer than 107 bytes/u});
});

test('the systemd unit starts in the foreground, restarts always and leaves containers running', t => {
	const unit = systemdUnit({node: '/usr/bin/node', program: '/opt/my motey/bin.js', args: ['--config', '/etc/100%.yaml']});
	t.regex(unit, /^ExecStart=\/usr\/bin\/node "\/opt\/my motey\/bin\.js" start --foreground --config \/etc\/100%%\.yaml$/mu);
	t.regex(unit, /^Restart=always$/mu);
	t.regex(unit, /^KillMode=process$/mu);
});
