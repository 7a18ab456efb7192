import {execFile} from 'node:child_process';
import {chmod, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {writeRunState} from '../../../controller/run-state.js';
import {bin} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const run = promisify(execFile);

test('the unit names its configuration by an absolute path: systemd starts it in another folder', async t => {
	await using directory = await makeTempDirectory();
	await writeFile(join(directory.path, 'motey.yaml'), 'name: shelf-1\n');
	const {stdout} = await run(process.execPath, [bin, 'install', '--print', '--config', './motey.yaml'], {cwd: directory.path});
	t.regex(stdout, new RegExp(`--config ${directory.path}/motey\\.yaml$`, 'mu'));
});

// There is no systemd where tests run: a program of its name notes what it was asked for.
for (const [verb, asked] of [['stop', 'stop motey.service'], ['restart', 'restart motey.service']] as const) {
	test(`${verb} leaves a node that systemd runs to systemd`, async t => {
		await using directory = await makeTempDirectory();
		const [programs, notes] = [join(directory.path, 'programs'), join(directory.path, 'notes')];
		await mkdir(programs);
		await writeFile(join(programs, 'systemctl'), `#!/bin/sh\necho "$*" >>'${notes}'\n`);
		await chmod(join(programs, 'systemctl'), 0o755);
		// This very process stands for the node.
		await writeRunState(directory.path, {startedAt: '2026-01-01T00:00:00Z', version: '1', name: 'shelf-1', dataDir: directory.path, port: 1, tlsPort: 2, socket: '/s', supervised: true});
		const {stdout} = await run(process.execPath, [bin, verb, '--run-dir', directory.path, '--data-dir', directory.path], {env: {...process.env, PATH: `${programs}:${process.env['PATH']}`}});
		t.regex(stdout, /by systemd/u);
		t.is(await readFile(notes, 'utf8'), `${asked}\n`);
	});
}

// In mounts of its own: what it writes to /etc lands in a copy.
test('motey install writes the unit, enables it and starts the node, and may be repeated', async t => {
	await using directory = await makeTempDirectory();
	const [programs, etc, notes] = [join(directory.path, 'programs'), join(directory.path, 'etc'), join(directory.path, 'notes')];
	await mkdir(programs);
	await writeFile(join(programs, 'systemctl'), `#!/bin/sh\necho "$*" >>'${notes}'\n`);
	await chmod(join(programs, 'systemctl'), 0o755);
	await run('cp', ['-a', '/etc', etc]);
	await mkdir(join(etc, 'systemd', 'system'), {recursive: true});
	const mounts = `mount --bind '${etc}' /etc && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && exec "$@"`;
	const install = async (...args: readonly string[]) => run('unshare', ['--mount', 'sh', '-c', mounts, 'sh', process.execPath, bin, 'install', ...args], {env: {...process.env, PATH: `${programs}:${process.env['PATH']}`}});
	const {stdout} = await install();
	t.regex(stdout, /written and enabled, and the node started/u);
	t.is(await readFile(notes, 'utf8'), 'daemon-reload\nenable motey.service\nrestart motey.service\n');
	const unit = await readFile(join(etc, 'systemd', 'system', 'motey.service'), 'utf8');
	t.is(unit, (await run(process.execPath, [bin, 'install', '--print'])).stdout);
	t.regex(unit, /^WantedBy=multi-user\.target$/mu);
	await rm(notes);
	await install('--no-start');
	t.is(await readFile(notes, 'utf8'), 'daemon-reload\nenable motey.service\n');
	// Without systemd nothing is written.
	await t.throwsAsync(run('unshare', ['--mount', 'sh', '-c', `mount --bind '${etc}' /etc && mount -t tmpfs tmpfs /run && exec "$@"`, 'sh', process.execPath, bin, 'install']), {message: /not run by systemd/u});
});
