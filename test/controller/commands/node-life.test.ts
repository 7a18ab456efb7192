import {execFile} from 'node:child_process';
import {rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {Level} from 'level';
import {formatKey} from '../../../store/level/keys.js';
import {seal} from '../../../store/level/seal.js';
import {eventually} from '../../support/eventually.js';
import {bin} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

interface Run {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** A user with a home of their own, a configuration in it, and `motey`. */
async function asUser(directory: string): Promise<(...args: readonly string[]) => Promise<Run>> {
	const file = join(directory, 'motey.yaml');
	await writeFile(file, `dataDir: ${directory}/data\nrunDir: ${directory}/run\napi: {port: 0, tlsPort: 0}\nengines: {docker: {enabled: false}, simulated: {enabled: true}}\n`, {mode: 0o644});
	const {MOTEY_CONFIG: _, ...inherited} = process.env;
	const env = {...inherited, HOME: directory, MOTEY_RUN_DIR: join(directory, 'run')};
	const ofProcess = ['start', 'stop', 'restart', 'status', 'config', 'store'];
	return async (...args) => new Promise(resolve => {
		const given = ofProcess.includes(args[0] ?? '') ? [...args, '--config', file] : args;
		execFile(process.execPath, [bin, ...given], {env, timeout: 90_000}, (error, stdout, stderr) => resolve({code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr}));
	});
}

const pidOf = ({stdout}: Run): number => Number(/pid (\d+)/u.exec(stdout)?.[1]);

test('a node is started, told of when it is started twice, found dead, restarted and stopped, and its exit codes say how it is', async t => {
	await using directory = await makeTempDirectory();
	const motey = await asUser(directory.path);
	t.is((await motey('status')).code, 3);
	t.is((await motey('status', '-o', 'json')).stdout, '{"running":false}\n');
	const started = await motey('start');
	t.is(started.code, 0, started.stderr);
	try {
		const again = await motey('start');
		t.is(again.code, 0);
		t.regex(again.stdout, /runs already .*nothing was started/u);
		t.is(pidOf(again), pidOf(started));
		await eventually(async () => (await motey('status')).code === 0, {what: 'the node to be ready'});
		t.regex((await motey('status')).stdout, /^node +\S+, ready, [^]*^engine +simulated [^]*^services +0\/0 ready/mu);
		t.like(JSON.parse((await motey('status', '-o', 'json')).stdout), {running: true, ready: true, pid: pidOf(started)});
		t.regex((await motey('config')).stdout, /api\.port: 0 +# .*motey\.yaml/u);
		// The context that the start wrote leads there.
		t.regex((await motey('get', 'nodes')).stdout, / Ready /u);
		process.kill(pidOf(started), 'SIGKILL');
		await eventually(async () => (await motey('status')).code === 3, {what: 'the node to be found dead'});
		const second = await motey('start');
		t.is(second.code, 0, second.stderr);
		const third = await motey('restart');
		t.regex(third.stdout, /stopped \(pid \d+\); its containers keep running\nnode \S+ runs \(pid/u);
		t.not(Number(/runs \(pid (\d+)/u.exec(third.stdout)?.[1]), pidOf(second));
	} finally {
		const stopped = await motey('stop');
		t.regex(stopped.stdout, /stopped \(pid \d+\); its containers keep running/u);
	}
	t.like(await motey('stop'), {code: 0, stdout: `no node runs on ${directory.path}/run\n`});
});

test('a store is backed up while it runs, checked, refused when it is damaged, salvaged and restored; one of a newer version ends with 78', async t => {
	await using directory = await makeTempDirectory();
	const motey = await asUser(directory.path);
	const manifest = join(directory.path, 'shop.yaml');
	await writeFile(manifest, 'kind: Service\nmetadata: {name: shop}\nspec:\n  images: [{image: shop/web:1, engine: simulated}]\n');
	await motey('start');
	try {
		t.is((await motey('apply', '-f', manifest, '--wait')).code, 0);
		t.regex((await motey('store', 'backup', join(directory.path, 'backup'))).stdout, /\d+ objects at revision \d+/u);
		const open = await motey('store', 'check');
		t.is(open.code, 1);
		t.regex(open.stderr, /has the store open .*stop it first/u);
	} finally {
		await motey('stop');
	}
	t.regex((await motey('store', 'check')).stdout, /is sound: \d+ objects/u);
	const database = join(directory.path, 'data', 'store', 'database');
	await rm(join(database, 'CURRENT'));
	const damaged = await motey('store', 'check');
	t.is(damaged.code, 1);
	t.regex(damaged.stdout, /is damaged:\n  .*\nrestore a backup/u);
	const refused = await motey('start');
	t.is(refused.code, 1);
	t.regex(refused.stderr, /motey store (?:salvage|restore)/u);
	t.regex((await motey('store', 'salvage', join(directory.path, 'salvaged'))).stdout, /\d+ objects saved[^]*next: motey store restore/u);
	t.is((await motey('store', 'restore', join(directory.path, 'salvaged'))).code, 1);
	t.regex((await motey('store', 'restore', join(directory.path, 'salvaged'), '--replace')).stdout, /restored \d+ objects/u);
	t.is((await motey('start')).code, 0);
	try {
		t.is((await motey('get', 'services', '-o', 'name')).stdout, 'service.motey.io/shop\n');
	} finally {
		await motey('stop');
	}
	const level = new Level<string, Buffer>(database, {valueEncoding: 'buffer'});
	await level.put(formatKey, seal(formatKey, '{"version":2}'));
	await level.close();
	const newer = await motey('start', '--foreground', '--log-level', 'silent');
	t.is(newer.code, 78);
	t.regex(newer.stderr, /format 2/u);
});

test('help of every verb of the process has an example', async t => {
	await using directory = await makeTempDirectory();
	const motey = await asUser(directory.path);
	for (const verb of ['start', 'stop', 'restart', 'status', 'install', 'config', 'store', 'demo']) {
		const {code, stdout} = await motey('help', verb);
		t.is(code, 0, verb);
		t.regex(stdout, new RegExp(`Examples:\\n(?: .*\\n)*  (?:sudo )?motey ${verb}`, 'u'));
	}
});
