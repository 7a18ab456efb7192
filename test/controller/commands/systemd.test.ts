import {execFile} from 'node:child_process';
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises';
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
