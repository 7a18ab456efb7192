import {execFile} from 'node:child_process';
import {once} from 'node:events';
import {get, request} from 'node:http';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {testDocker, testDockerUrl} from '../support/docker.js';
import {startDockerd} from '../support/dockerd.js';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {bin, startNodeProcess} from '../support/node-process.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {instancesPath, serviceOf, servicesPath, whenReady} from '../support/services.js';

const run = promisify(execFile);

async function pageOf(port: number): Promise<string> {
	return eventually(async () => new Promise<string>((resolve, reject) => {
		get({host: '127.0.0.1', port, agent: false}, response => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => text += chunk).on('end', () => resolve(text));
		}).on('error', reject);
	}), {what: `a page on port ${port}`});
}

interface Running {
	readonly status: {readonly engineId: string; readonly startedAt: string; readonly restarts: number; readonly ports: readonly {readonly host: number}[]};
}

test('a service applied over REST runs in Docker, serves its page, heals, and goes', async t => {
	await using node = await startNodeProcess({dockerUrl: testDockerUrl()});
	await node.call('POST', servicesPath, serviceOf('page', {image: {image: testImages.web, parameters: {ports: {'80/tcp': null}}}}));
	await whenReady(node, 'page');
	const instance = await node.call('GET', `${instancesPath}/page-main-0`) as unknown as Running;
	t.is(await pageOf(instance.status.ports[0]!.host), `${testImages.web}\n`);
	await testDocker().getContainer(instance.status.engineId).kill();
	const healed = await eventually(async () => {
		const now = await node.call('GET', `${instancesPath}/page-main-0`) as unknown as Running;
		return now.status.startedAt !== instance.status.startedAt && now.status.restarts === 1 ? now : undefined;
	}, {what: 'the container to come back'});
	t.is(await pageOf(healed.status.ports[0]!.host), `${testImages.web}\n`);
	await node.call('DELETE', `${servicesPath}/page`);
	await eventually(async () => (await node.call('GET', `${servicesPath}/page`, undefined, [404])).code === 404, {what: 'the service to go'});
	await t.throwsAsync(testDocker().getContainer(healed.status.engineId).inspect(), {message: /no such container/iu});
});

test('SIGTERM ends a node within 5 s, its watches cleanly, and the next one adopts what runs without restarting it', async t => {
	await using directory = await makeTempDirectory();
	const first = await startNodeProcess({directory: directory.path, dockerUrl: testDockerUrl()});
	await first.call('POST', servicesPath, serviceOf('stay', {replicas: 2}));
	await whenReady(first, 'stay', 2);
	const before = (await first.call('GET', instancesPath)).items as unknown as Running[];
	const watch = await first.open(`${servicesPath}?watch=true`);
	const ended = once(watch.resume(), 'end');
	const {ms, code} = await first.stop();
	await ended;
	t.is(code, 0);
	t.true(ms < 5000, `${ms} ms`);
	await using second = await startNodeProcess({directory: first.directory, dockerUrl: testDockerUrl()});
	await whenReady(second, 'stay', 2);
	const after = (await second.call('GET', instancesPath)).items as unknown as Running[];
	t.deepEqual(after.map(one => [one.status.engineId, one.status.startedAt]), before.map(one => [one.status.engineId, one.status.startedAt]));
	await second.call('DELETE', `${servicesPath}/stay`);
	await eventually(async () => (await second.call('GET', instancesPath)).items.length === 0, {what: 'the instances to go'});
});

test('a host that reboots without any network brings everything back from its own disk', async t => {
	await using engine = await startDockerd();
	await engine.loadImages();
	await using directory = await makeTempDirectory();
	const before = await startNodeProcess({directory: directory.path, dockerUrl: engine.url});
	await before.call('POST', servicesPath, serviceOf('back', {replicas: 3}));
	await whenReady(before, 'back', 3);
	// What a power cut leaves of processes: none. Docker finds its containers dead when it starts again.
	await before.kill();
	await engine.stop();
	await engine.start();
	await using after = await startNodeProcess({directory: before.directory, dockerUrl: engine.url});
	await eventually(async () => (await engine.docker.listContainers()).length === 3, {what: 'three containers that run'});
	await whenReady(after, 'back', 3);
	await after.call('DELETE', `${servicesPath}/back`);
	await eventually(async () => (await engine.docker.listContainers({all: true})).length === 0, {what: 'no container'});
	t.pass();
});

test('a store restored from an old backup stops nothing: what it does not know keeps running and is listed', async t => {
	const cli = async (directory: string, ...args: string[]) => run(process.execPath, [bin, ...args, '--data-dir', join(directory, 'data'), '--run-dir', join(directory, 'run')]);
	await using directory = await makeTempDirectory();
	const first = await startNodeProcess({directory: directory.path, dockerUrl: testDockerUrl()});
	await first.call('POST', servicesPath, serviceOf('old'));
	await whenReady(first, 'old');
	await cli(first.directory, 'store', 'backup', join(first.directory, 'backup'));
	await first.call('POST', servicesPath, serviceOf('newer'));
	await whenReady(first, 'newer');
	await first.stop();
	await cli(first.directory, 'store', 'restore', join(first.directory, 'backup'), '--replace');
	await using second = await startNodeProcess({directory: first.directory, dockerUrl: testDockerUrl()});
	await whenReady(second, 'old');
	const orphans = await eventually(async () => {
		const {stdout} = await run(process.execPath, [bin, 'node', 'orphans'], {env: {...process.env, HOME: first.directory, MOTEY_RUN_DIR: join(first.directory, 'run')}});
		return stdout.includes('newer') ? stdout : undefined;
	}, {what: 'the orphan to be listed'});
	t.regex(orphans, /running/u);
	// Applied again, the slot is given the container that already runs.
	const name = orphans.split(/\s+/u).find(word => word.startsWith('motey_default_newer'))!;
	await second.call('POST', servicesPath, serviceOf('newer'));
	const [container] = await testDocker().listContainers({filters: {name: [name]}});
	await eventually(async () => (await second.call('GET', instancesPath)).items.length === 2, {what: 'the instance of the slot'});
	await run(process.execPath, [bin, 'node', 'orphans', 'adopt', name], {env: {...process.env, HOME: first.directory, MOTEY_RUN_DIR: join(first.directory, 'run')}});
	await whenReady(second, 'newer');
	const adopted = await second.call('GET', `${instancesPath}/newer-main-0`) as unknown as Running;
	t.is(adopted.status.engineId, container!.Id);
	for (const service of ['old', 'newer']) await second.call('DELETE', `${servicesPath}/${service}`);
	await eventually(async () => (await second.call('GET', instancesPath)).items.length === 0, {what: 'the instances to go'});
});

test('/v1 asks for a token, except on loopback with compatibility', async t => {
	const statusOf = async (port: number, path: string): Promise<number | undefined> => {
		const outgoing = request({host: '127.0.0.1', port, path, agent: false}).end();
		const [response] = await once(outgoing, 'response');
		response.resume();
		return response.statusCode;
	};
	await using strict = await startNodeProcess({dockerUrl: testDockerUrl()});
	t.is(await statusOf(strict.port, '/v1/service'), 401);
	await using open = await startNodeProcess({dockerUrl: testDockerUrl(), settings: ['compatibility=true']});
	t.is(await statusOf(open.port, '/v1/service'), 200);
	t.is(await statusOf(open.port, servicesPath), 401);
	t.is(await statusOf(open.port, '/healthz'), 200);
});
