import {appendFileSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {testDocker, testDockerUrl} from '../support/docker.js';
import {eventually} from '../support/eventually.js';
import {startNodeProcess} from '../support/node-process.js';
import {instancesPath, serviceOf, servicesPath, whenReady} from '../support/services.js';
import {mountTmpfs} from '../support/small-disk.js';

/** Takes everything that is free. */
function fill(path: string): string {
	const file = join(path, 'filler');
	writeFileSync(file, '');
	const {bavail, bsize} = statfsSync(path);
	for (let left = bavail * bsize; left >= 65_536; left -= 65_536) appendFileSync(file, Buffer.alloc(65_536, 1));
	return file;
}

test('a node whose disk is full refuses changes with 507, still deletes, leaves what runs alone, and serves again without a restart', async t => {
	await using disk = mountTmpfs({sizeMiB: 64});
	await using node = await startNodeProcess({directory: disk.path, dockerUrl: testDockerUrl()});
	for (const name of ['full-stays', 'full-goes']) await node.call('POST', servicesPath, serviceOf(name));
	for (const name of ['full-stays', 'full-goes']) await whenReady(node, name);
	const {status} = await node.call('GET', `${instancesPath}/full-stays-main-0`) as unknown as {readonly status: {readonly engineId: string; readonly startedAt: string}};
	const post = async (name: string): Promise<Response> => fetch(`http://127.0.0.1:${node.port}${servicesPath}`, {
		method: 'POST', body: JSON.stringify(serviceOf(name, {replicas: 0})), headers: {authorization: `Bearer ${node.token}`, 'content-type': 'application/json'},
	});
	const filler = fill(disk.path);
	const refused = await eventually(async () => {
		const answer = await post(`full-${Date.now()}`);
		return answer.status === 507 ? answer : undefined;
	}, {what: 'a change to be refused'});
	t.is(refused.headers.get('retry-after'), '10');
	t.like(await refused.json(), {kind: 'Status', reason: 'InsufficientStorage'});
	await node.call('DELETE', `${servicesPath}/full-goes`);
	await eventually(async () => (await node.call('GET', `${servicesPath}/full-goes`, undefined, [404])).code === 404, {what: 'the deleted service to go'});
	t.is((await testDocker().getContainer(status.engineId).inspect()).State.StartedAt.slice(0, 19), status.startedAt.slice(0, 19));
	rmSync(filler);
	await eventually(async () => (await post('full-after')).status === 201, {what: 'a change to be taken again'});
	for (const name of ['full-stays', 'full-after']) await node.call('DELETE', `${servicesPath}/${name}`);
	await eventually(async () => (await node.call('GET', servicesPath)).items.every(({metadata}) => metadata.name !== 'full-stays'), {what: 'the services to go'});
});
