import {execFile} from 'node:child_process';
import {readdir} from 'node:fs/promises';
import {promisify} from 'node:util';
import test from 'ava';
import {testDocker, testDockerUrl} from '../support/docker.js';
import {bin} from '../support/node-process.js';
import {makeTempDirectory} from '../support/temp-directory.js';

const run = promisify(execFile);

test('the demo shows a container come back, and takes away all it made', async t => {
	await using home = await makeTempDirectory();
	const {stdout} = await run(process.execPath, [bin, 'demo', '--once', '--docker-url', testDockerUrl()], {env: {...process.env, HOME: home.path, TMPDIR: home.path}});
	t.regex(stdout, /running again after \d+ ms/u);
	t.is(stdout.match(/Hello from Motey, served by hello-web-0/gu)?.length, 2);
	t.deepEqual(await readdir(home.path), [], 'neither a context nor a directory is left');
	t.deepEqual(await testDocker().listImages({filters: {reference: ['motey/hello']}}), []);
	t.deepEqual(await testDocker().listContainers({all: true, filters: {label: ['motey.io/service=hello']}}), []);
});

test('a demo that cannot have its image says why and leaves nothing behind', async t => {
	await using home = await makeTempDirectory();
	const env = {...process.env, HOME: home.path, TMPDIR: home.path};
	await t.throwsAsync(run(process.execPath, [bin, 'demo', '--docker-url', `unix://${home.path}/none.sock`], {env}), {message: /docker import of .+ failed; does "docker -H .+ version" work\?/su});
	await t.throwsAsync(run(process.execPath, [bin, 'demo', '--docker-url', testDockerUrl()], {env: {...env, PATH: '/nonexistent'}}), {message: /docker command, which cannot be run/u});
	t.deepEqual(await readdir(home.path), []);
});
