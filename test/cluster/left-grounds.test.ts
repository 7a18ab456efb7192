import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {listProcesses} from '../support/processes.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {namespaces} from './lan.js';
import {removeLeftGrounds} from './left-grounds.js';

/** Opens a ground and is killed before it can put anything away. */
const program = `
const {openGround} = await import(${JSON.stringify(fileURLToPath(new URL('ground.js', import.meta.url)))});
await openGround({hosts: 1, joined: false});
process.stdout.write('open');
setInterval(() => undefined, 1000);
`;

test('a ground whose process was killed is removed by the next, and those of the living stay', async t => {
	await using directory = await makeTempDirectory('g-');
	const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'pipe', 'inherit'], env: {...process.env, TMPDIR: directory.path}});
	await once(child.stdout, 'data');
	const isItsOwn = (name: string): boolean => name.startsWith(`g${child.pid!}-`);
	const processes = (): readonly string[] => listProcesses().filter(({commandLine, environment}) => [commandLine, ...environment].some(text => text.includes(`${directory.path}/g`))).map(({name}) => name);
	await removeLeftGrounds(directory.path);
	t.true(processes().some(name => name === 'dockerd'), 'while it lives it is left alone');

	child.kill('SIGKILL');
	await once(child, 'exit');
	t.is((await namespaces()).filter(isItsOwn).length, 2);
	await removeLeftGrounds(directory.path);
	t.deepEqual((await namespaces()).filter(isItsOwn), []);
	t.deepEqual((await readdir(directory.path)).filter(isItsOwn), []);
	t.deepEqual(processes(), []);
});
