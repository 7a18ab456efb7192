import test, {type ExecutionContext} from 'ava';
import {eventually} from '../../support/eventually.js';
import {freePort} from '../../support/free-port.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {startMosquitto, type Mosquitto} from '../discovery/mosquitto.js';
import {startOriginal, type OriginalProgram, type Ports} from './original-node.js';

const here = '127.0.0.1';
const there = '127.0.0.2';
const services = '/apis/motey.io/v1/namespaces/default/services';

interface Setting {
	readonly node: NodeProcess;
	/** Ends the node by SIGKILL and starts it anew. */
	readonly restart: () => Promise<NodeProcess>;
	readonly original: OriginalProgram;
	readonly broker: Mosquitto;
}

async function open(t: ExecutionContext): Promise<Setting> {
	const ports: Ports = {capabilities: await freePort(), deploy: await freePort(), status: await freePort(), terminate: await freePort()};
	const broker = await startMosquitto();
	const directory = await makeTempDirectory();
	const start = async (): Promise<NodeProcess> => startNodeProcess({directory: directory.path, settings: [
		'name=new', 'compatibility=true', `advertise=${here}`, `mqtt.url=mqtt://127.0.0.1:${broker.port}`, 'engines.docker.enabled=false', 'engines.simulated.enabled=true',
		...Object.entries(ports).map(([name, port]) => `repliers.${name}=${port}`),
	]});
	let node = await start();
	const original = startOriginal({host: there, brokerPort: broker.port, ports});
	t.teardown(async () => {
		await original[Symbol.asyncDispose]();
		await node[Symbol.asyncDispose]();
		await broker[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	const restart = async (): Promise<NodeProcess> => {
		await node.kill();
		node = await start();
		return node;
	};
	return {node, restart, original, broker};
}

interface Shown {
	readonly metadata: {readonly name: string; readonly labels?: Readonly<Record<string, string>>};
	readonly status?: {readonly capabilities: readonly {readonly capability: string; readonly capability_type: string}[]; readonly conditions: readonly {readonly type: string; readonly status: string}[]};
}
const nodesOf = async (node: NodeProcess): Promise<readonly Shown[]> => (await node.call('GET', '/apis/motey.io/v1/nodes')).items as unknown as readonly Shown[];

test('an original node deploys to Motey, follows its image and terminates it', async t => {
	const {node, original} = await open(t);
	t.is((await original.whenSaid(({registered}) => registered === here, 'the new node to register')).registered, here);
	const listed = JSON.parse((await original.ask('capabilities', here, ''))!) as {capability: string; type: string; capability_type: string}[];
	t.deepEqual(listed.find(({capability}) => capability === 'simulated'), {capability: 'simulated', type: 'engine', capability_type: 'engine'});

	const image = {id: '', name: 'web', engine: 'simulated', parameters: {}, capabilities: {}, node: {}};
	const id = (await original.ask('deploy', here, JSON.stringify(image)))!;
	t.not(id, '');
	await eventually(async () => await original.ask('status', here, id) === '2', {what: 'the image to run'});
	const [stored] = (await node.call('GET', services)).items as unknown as Shown[];
	t.is(stored!.metadata.labels!['motey.io/legacy'], 'true');

	t.is(await original.ask('terminate', here, JSON.stringify({...image, id})), '');
	await eventually(async () => await original.ask('status', here, id) === '5', {what: 'the image to be gone'});
	t.is((await node.call('GET', services)).items.length, 0);
});

test('what an original node asks in vain is answered as the original did', async t => {
	const {node, original} = await open(t);
	for (const text of ['', '{}', '[1]', '{"name": ""}', JSON.stringify({name: 'two words', engine: 'simulated'}), '{"name": '.padEnd(100_000, '[')]) {
		t.is(await original.ask('deploy', here, text), '', text.slice(0, 40));
	}
	t.is(await original.ask('status', here, 'nobody'), '5');
	t.is(await original.ask('terminate', here, 'rubbish'), '');
	await node.call('POST', services, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'mine'}, spec: {images: [{image: 'web', engine: 'simulated'}]}});
	const {metadata: {uid}} = await node.call('GET', `${services}/mine`);
	t.is(await original.ask('terminate', here, JSON.stringify({id: uid, name: 'web'})), '', 'what others have made is not theirs to end');
	t.is((await node.call('GET', services)).items.length, 1);
	t.is(await original.ask('status', here, uid), '5');
});

test('Motey deploys to an original node what only that one can run, follows it and ends it', async t => {
	const {node, original} = await open(t);
	const shown = await eventually(async () => (await nodesOf(node)).find(({metadata, status}) => metadata.name === `original-${there}` && status?.capabilities.length === 2), {what: 'the original node to be shown'});
	t.is(shown.metadata.labels!['motey.io/legacy'], 'true');
	t.true(shown.status!.capabilities.some(({capability, capability_type: type}) => capability === 'rfid' && type === 'hardware'));

	await node.call('POST', services, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'reader'}, spec: {images: [{image: 'shop/reader:1', engine: 'docker', capabilities: ['rfid'], parameters: {environment: {SITE: 'north'}}}]}});
	const {deployed} = await original.whenSaid(said => said.deployed !== undefined, 'the image to be deployed');
	t.like(deployed, {name: 'shop/reader:1', engine: 'docker', parameters: {environment: {SITE: 'north'}}, capabilities: {}});
	await eventually(async () => (await node.call('GET', `${services}/reader`)).status?.readyReplicas === 1, {what: 'the service to be ready'});
	await node.call('DELETE', `${services}/reader`);
	const {terminated} = await original.whenSaid(said => said.terminated !== undefined, 'the image to be terminated');
	t.is(terminated!['id'], 'instance-1');
	await eventually(async () => (await node.call('GET', services)).items.length === 0, {what: 'the service to be gone'});
	t.is(original.said.filter(said => said.deployed !== undefined).length, 1, 'it was deployed once');

	await original.kill();
	await eventually(async () => (await nodesOf(node)).length === 1, {what: 'the original node, which said that it leaves, to be gone'});
});

test('what runs on an original node is followed on after the agent was killed, and is not deployed twice', async t => {
	const {node, restart, original} = await open(t);
	await eventually(async () => (await nodesOf(node)).length === 2);
	await node.call('POST', services, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'reader'}, spec: {images: [{image: 'shop/reader:1', engine: 'docker', capabilities: ['rfid']}]}});
	await eventually(async () => (await node.call('GET', `${services}/reader`)).status?.readyReplicas === 1, {what: 'the service to be ready'});
	const again = await restart();
	await again.call('POST', services, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'second'}, spec: {images: [{image: 'shop/second:1', engine: 'docker', capabilities: ['rfid']}]}});
	await eventually(async () => (await again.call('GET', `${services}/second`)).status?.readyReplicas === 1, {what: 'another service to be ready'});
	t.is((await again.call('GET', `${services}/reader`)).status?.readyReplicas, 1);
	await again.call('DELETE', `${services}/reader`);
	await original.whenSaid(({terminated}) => terminated?.['id'] === 'instance-1', 'the image to be terminated');
	t.deepEqual(original.said.flatMap(({deployed}) => deployed?.['name'] ?? []), ['shop/reader:1', 'shop/second:1']);
});
