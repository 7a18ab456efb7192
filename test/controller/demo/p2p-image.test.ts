import {execFile} from 'node:child_process';
import {readdir} from 'node:fs/promises';
import {promisify} from 'node:util';
import test from 'ava';
import {namespaces} from '../../cluster/lan.js';
import {bin} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

test('the demo of an image that one of four nodes has tells who had it from whom, and takes away all it made', async t => {
	// Short, as the sockets of its engines lie in it.
	await using home = await makeTempDirectory('p2p-');
	const demo = promisify(execFile)(process.execPath, [bin, 'demo', 'p2p-image'], {env: {...process.env, HOME: home.path, TMPDIR: home.path}});
	const {stdout} = await demo;
	t.regex(stdout, /a has not motey\/shop:1\n {2}b has motey\/shop:1\n {2}c has not/u);
	for (const name of ['a', 'c', 'd']) t.regex(stdout, new RegExp(`${name} begins to have it from [a-d]\\n(?:.*\\n)*? +[\\d.]+ s {2}${name} runs it\\n`, 'u'));
	t.regex(stdout, /b runs it, as it had it/u);
	t.regex(stdout, /All four engines have the very same content, sha256:[0-9a-f]{12}/u);
	t.deepEqual(await readdir(home.path), []);
	t.deepEqual((await namespaces()).filter(name => name.startsWith(`motey-demo-${demo.child.pid}-`)), []);
});
