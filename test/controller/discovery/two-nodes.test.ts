import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {connectAsync} from 'mqtt';
import {eventually} from '../../support/eventually.js';
import {freePort} from '../../support/free-port.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {startMosquitto} from './mosquitto.js';

const nodes = '/apis/motey.io/v1/nodes';

interface Pair {
	/** Starts both anew, each on ports that the other cannot know but by `settings`. */
	restart(settings?: (ports: readonly [number, number]) => readonly string[]): Promise<void>;
	whenLinked(): Promise<void>;
	stopBoth(): Promise<void>;
	readonly all: NodeProcess[];
}

/** A port that was free a moment ago, as was the one above it. */
async function freePair(): Promise<number> {
	for (;;) {
		const port = await freePort();
		const server = createServer().listen(port + 1, '127.0.0.1');
		const isFree = await once(server, 'listening').then(() => true, () => false);
		server.close();
		if (isFree) return port;
	}
}

async function openPair(t: ExecutionContext, settings: readonly string[]): Promise<Pair> {
	const directory = await makeTempDirectory('motey-pair-');
	const all: NodeProcess[] = [];
	const start = async (name: string, port: number, further: readonly string[]): Promise<NodeProcess> => startNodeProcess({directory: join(directory.path, name), settings: [
		`name=${name}`, `peers.port=${port}`, `peers.pubPort=${port + 1}`, 'engines.docker.enabled=false', 'engines.simulated.enabled=true', ...settings, ...further,
	]});
	const stopBoth = async (): Promise<void> => {
		for (const node of all.splice(0)) await node.stop();
	};
	t.teardown(async () => {
		await stopBoth();
		await directory[Symbol.asyncDispose]();
	});
	const startBoth: Pair['restart'] = async (furtherOf = () => []) => {
		const ports = [await freePair(), await freePair()] as const;
		all.push(...await Promise.all([start('alpha', ports[0], furtherOf(ports)), start('beta', ports[1], furtherOf(ports))]));
	};
	await startBoth();
	const [alpha, beta] = all as [NodeProcess, NodeProcess];
	await alpha.call('POST', '/cluster/init', {advertise: '127.0.0.1'});
	const {text, server} = await alpha.call('POST', '/cluster/tokens', {}) as unknown as {text: string; server: string};
	await beta.call('POST', '/cluster/join', {server, token: text, advertise: '127.0.0.1'});
	return {
		all, stopBoth,
		async restart(furtherOf) {
			await stopBoth();
			await startBoth(furtherOf);
		},
		async whenLinked() {
			for (const node of all) {
				await eventually(async () => (await node.call('GET', nodes)).items.filter(each => (each.status as unknown as {conditions: {type: string; status: string}[]} | undefined)?.conditions
					.some(({type, status}) => type === 'Ready' && status === 'True')).length === 2, {what: 'both nodes to hear each other'});
			}
		},
	};
}

test('two nodes that both come back on other ports find each other through the broker of the one that began the cluster', async t => {
	const pair = await openPair(t, [`mqtt.port=${await freePort()}`]);
	await pair.whenLinked();
	await pair.restart();
	await pair.whenLinked();
	t.pass();
});

test('two nodes that both come back on other ports find each other through Mosquitto', async t => {
	await using broker = await startMosquitto();
	const pair = await openPair(t, [`mqtt.url=mqtt://127.0.0.1:${broker.port}`]);
	await pair.whenLinked();
	await pair.restart();
	await pair.whenLinked();
	t.pass();
});

test('a node that is killed is said to be offline by its last will, and one that stops says so itself', async t => {
	await using broker = await startMosquitto();
	const pair = await openPair(t, [`mqtt.url=mqtt://127.0.0.1:${broker.port}`]);
	await pair.whenLinked();
	const [alpha, beta] = pair.all as [NodeProcess, NodeProcess];
	const members = (await alpha.call('GET', '/cluster') as unknown as {members: readonly {id: string; name: string}[]}).members;
	const topicOf = (name: string): string => `motey/nodes/${members.find(member => member.name === name)!.id}/hello`;
	const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, {reconnectPeriod: 0});
	t.teardown(async () => client.endAsync(true));
	const said = new Map<string, {readonly text: string; readonly retained: boolean}>();
	client.on('message', (topic, payload, {retain}) => void said.set(topic, {text: payload.toString('utf8'), retained: retain}));
	await client.subscribeAsync('motey/nodes/+/hello', {qos: 1});
	const stateOf = (name: string): unknown => (JSON.parse(said.get(topicOf(name))?.text ?? '{}') as {state?: unknown; addresses?: unknown}).state;
	await eventually(() => said.size === 2 && [...said.values()].every(({text, retained}) => retained && text.includes('"signature"')), {what: 'both retained hellos'});
	await beta.kill();
	await eventually(() => stateOf('beta') === 'offline', {what: 'the last will'});
	await alpha.stop();
	await eventually(() => stateOf('alpha') === 'offline', {what: 'the farewell'});
	pair.all.splice(0);
	t.pass();
});

test('without any broker a node finds the others where it is told that they may be, among addresses of others', async t => {
	const pair = await openPair(t, ['discovery=none']);
	await pair.whenLinked();
	const nobody = await freePort();
	await pair.restart(ports => [`peers.addresses=127.0.0.1:${nobody},127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}`]);
	await pair.whenLinked();
	t.pass();
});

test('a node that found its address by itself says over MQTT which one stands in for it when it is gone', async t => {
	await using broker = await startMosquitto();
	await using directory = await makeTempDirectory('motey-moved-');
	const url = `mqtt://127.0.0.1:${broker.port}`;
	const start = async (): Promise<NodeProcess> => startNodeProcess({directory: directory.path, settings: [
		'name=alpha', 'advertise=127.0.0.1', 'peers.port=0', 'peers.pubPort=0', `mqtt.url=${url}`, 'engines.docker.enabled=false', 'engines.simulated.enabled=true',
	]});
	const before = await start();
	await before.call('POST', '/cluster/init', {});
	await before.stop();
	const file = join(directory.path, 'data', 'cluster', 'cluster.json');
	const known = JSON.parse(await readFile(file, 'utf8')) as {found: boolean};
	t.true(known.found);
	await writeFile(file, JSON.stringify({...known, advertise: '203.0.113.9'}));
	const bystander = await connectAsync(url, {reconnectPeriod: 0});
	t.teardown(() => bystander.end(true));
	const heard: string[][] = [];
	bystander.on('message', (_topic, payload) => {
		const {addresses} = JSON.parse(payload.toString()) as {addresses?: string[]};
		if (addresses) heard.push(addresses);
	});
	await bystander.subscribeAsync('motey/nodes/+/hello');
	await using after = await start();
	await eventually(() => heard.length > 0, {what: 'the node to say where it is'});
	t.true(after.alive());
	t.deepEqual(heard[0], ['127.0.0.1']);
});
