import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {eventually} from '../support/eventually.js';
import {startNodeProcess, type NodeProcess} from '../support/node-process.js';
import {instancesPath, serviceOf, servicesPath, whenReady} from '../support/services.js';
import {makeTempDirectory} from '../support/temp-directory.js';

interface Instance {
	readonly status?: {readonly phase?: string; readonly startedAt?: string};
}

const instanceOf = async (node: NodeProcess, name: string) => (await node.call('GET', `${instancesPath}/${name}`)) as unknown as Instance;
const nodesOf = async (node: NodeProcess): Promise<string> => JSON.stringify(await node.call('GET', '/apis/motey.io/v1/nodes'));

async function end(child: ChildProcess): Promise<void> {
	const ended = once(child, 'exit');
	child.kill('SIGKILL');
	await ended;
}

test('programs of the host run as services, by the built-in engine and by one that a Python program brings and takes away again', async t => {
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'motey.yaml');
	await mkdir(join(directory.path, 'state'));
	await writeFile(file, 'engines:\n  docker: {enabled: false}\n  process: {allow: [/bin/*]}\n  external: {allow: [hostrun]}\n', {mode: 0o644});
	await using node = await startNodeProcess({directory: directory.path, configFile: file});
	const sleeps = {image: '/bin/sleep', parameters: {command: ['1000']}};
	await node.call('POST', servicesPath, serviceOf('inside', {image: {...sleeps, engine: 'process'}}));
	await whenReady(node, 'inside');
	t.like(await node.call('POST', `${instancesPath}/inside-main-0/exec`, {command: ['/bin/sleep', '0']}), {exitCode: 0});
	t.regex(JSON.stringify(await node.call('POST', `${instancesPath}/inside-main-0/exec`, {command: ['/usr/sbin/nologin']}, [403])), /does not permit the program/u);
	await node.call('POST', servicesPath, serviceOf('outside', {image: {...sleeps, engine: 'hostrun', capabilities: [{capability: 'hostrun', capability_type: 'val'}]}}));
	const start = (): ChildProcess => spawn('/usr/bin/python3', ['manifests/engines/hostrun.py', `ipc://${join(directory.path, 'run', 'mdp.sock')}`, 'hostrun', join(directory.path, 'state')], {stdio: ['ignore', 'inherit', 'inherit']});
	const first = start();
	await whenReady(node, 'outside');
	const {status: before} = await instanceOf(node, 'outside-main-0');
	const capability = '"capability":"hostrun","capability_type":"val"';
	t.true((await nodesOf(node)).includes(capability));
	await end(first);
	await eventually(async () => (await instanceOf(node, 'outside-main-0')).status?.phase === 'Unknown', {what: 'the instance to be unknown'});
	await eventually(async () => !(await nodesOf(node)).includes(capability), {what: 'the capability to go'});
	const second = start();
	try {
		await eventually(async () => (await instanceOf(node, 'outside-main-0')).status?.phase === 'Running', {what: 'the instance to be known again'});
		t.is((await instanceOf(node, 'outside-main-0')).status?.startedAt, before?.startedAt);
		for (const name of ['inside', 'outside']) await node.call('DELETE', `${servicesPath}/${name}`);
		await eventually(async () => (await node.call('GET', instancesPath)).items.length === 0, {what: 'everything to go'});
	} finally {
		await end(second);
	}
});
