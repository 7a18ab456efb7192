import {curveKeyPair} from 'zeromq';
import {openGround, type Ground} from '../../cluster/ground.js';
import type {Host} from '../../cluster/host.js';
import {eventually} from '../../support/eventually.js';
import {servicesPath} from '../../support/services.js';
import {listenToEngine} from '../engine-events.js';
import {interleave, type Figure} from '../figures.js';
import {benchImage} from './contenders.js';
import {bareEcho, medianMicroseconds} from './peers.js';
import {openSwarm, type Swarm} from './swarm.js';

const instancesPath = '/apis/motey.io/v1/namespaces/default/instances';
const settings = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000'];

interface Measured {
	readonly rounds: number;
	readonly progress: (text: string) => void;
}

/** What a fleet of two machines, with an engine and an agent each, costs beside one node alone: work given elsewhere, and the loss of one. */
export async function fleetFigures({rounds, progress}: Measured): Promise<readonly Figure[]> {
	progress('two machines');
	await using ground = await openGround({hosts: 2, settings});
	const [a, b] = ground.hosts as [Host, Host];
	return [...await remoteFigures([a, b], {rounds, progress}), await lossFigure(ground, [a, b], {rounds, progress})];
}

async function remoteFigures([a, b]: readonly [Host, Host], {rounds, progress}: Measured): Promise<readonly Figure[]> {
	await using engine = await listenToEngine(b.docker, benchImage);
	const swarm = await openSwarm(a, b).catch((error: unknown): string => String(error).split('\n').slice(0, 2).join(' '));
	const roundTripMs = await bareRoundTripMs();
	const applied = (at: Host, replicas: number) => async (): Promise<number> => {
		const ms = await startsAt(engine, replicas, async () => create(at, replicas, {image: {node: 'b'}}));
		await clear([a, b]);
		return ms;
	};
	const swarmRun = (other: Swarm, replicas: number) => async (): Promise<number> => {
		const ms = await startsAt(engine, replicas, async () => other.create(replicas));
		await other.clear();
		return ms;
	};
	const floor = 'on one node, and a bare round trip';
	const figures: Figure[] = [];
	for (const replicas of [1, 10]) {
		const series = await interleave([
			{name: 'motey', run: applied(a, replicas)},
			{name: floor, run: async () => await applied(b, replicas)() + roundTripMs},
			...typeof swarm === 'string' ? [] : [{name: 'swarm', run: swarmRun(swarm, replicas)}],
		], rounds, text => progress(`${replicas} there, ${text}`));
		figures.push({name: `apply at a → ${replicas} running at b`, unit: 'ms', series, floor, goal: 1.1, ...typeof swarm === 'string' ? {note: `no swarm: ${swarm}`} : {}});
	}
	if (typeof swarm !== 'string') for (const host of [b, a]) await host.docker.swarmLeave({force: true});
	return figures;
}

async function lossFigure(ground: Ground, [a, b]: readonly [Host, Host], {rounds, progress}: Measured): Promise<Figure> {
	await using engine = await listenToEngine(a.docker, benchImage);
	const series = await interleave([
		{name: 'motey', run: async () => {
			const ms = await replaced(a, b, engine);
			await ground.whenWhole();
			await clear([a, b]);
			return ms;
		}},
		{name: 'creating 10', run: async () => {
			const ms = await startsAt(engine, 10, async () => create(a, 10, {image: {node: 'a'}}));
			await clear([a, b]);
			return ms;
		}},
	], rounds, text => progress(`loss, ${text}`));
	return {name: 'node lost → 10 replaced, after the grace', unit: 'ms', series, floor: 'creating 10', goal: 1.2};
}

type Engine = Awaited<ReturnType<typeof listenToEngine>>;

/** Milliseconds from the call of `work` to the last of `count` starts, by the word of the engine. */
async function startsAt(engine: Engine, count: number, work: () => Promise<unknown>): Promise<number> {
	const last = engine.after('start', count);
	const from = performance.now();
	const [{atMs}] = await Promise.all([last, work()]);
	return atMs - from;
}

async function create(at: Host, replicas: number, {image = {}, spec = {}}: {readonly image?: Readonly<Record<string, unknown>>; readonly spec?: Readonly<Record<string, unknown>>}): Promise<void> {
	await at.api('POST', servicesPath, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'bench'}, spec: {replicas, failover: {afterSeconds: 10}, ...spec, images: [{name: 'idle', image: benchImage, stopGraceSeconds: 2, ...image}]}});
}

async function clear(hosts: readonly Host[]): Promise<void> {
	await eventually(async () => (await hosts[0]!.ask('DELETE', `${servicesPath}/bench`)).status < 300, {what: 'the deletion to be taken'});
	for (const host of hosts) {
		await eventually(async () => (await host.ask('GET', `${servicesPath}/bench`)).status === 404 && (await host.docker.listContainers({all: true})).length === 0, {what: `all to be gone from ${host.name}`, everyMs: 20});
	}
}

/** Ten run on b, whose host is lost: from the first new instance of theirs on a to the last one's start there. Gives b back. */
async function replaced(a: Host, b: Host, engineA: Engine): Promise<number> {
	await b.ask('PUT', '/v1/capabilities', [{capability: 'liked', capability_type: 'custom'}]);
	await eventually(async () => JSON.stringify(await a.api('GET', '/apis/motey.io/v1/nodes/b')).includes('liked'), {what: 'a to know what b can do'});
	await create(a, 10, {spec: {placement: {strategy: 'pack', prefer: [{capability: 'liked', weight: 100}]}}});
	await eventually(async () => (await b.containers('bench')).length === 10, {what: 'ten to run on b'});
	await eventually(async () => (await a.api('GET', `${servicesPath}/bench`)).status?.readyReplicas === 10, {what: 'a to know that they run'});
	const last = engineA.after('start', 10);
	await b.powerOff();
	const from = await eventually(async () => (await a.api('GET', instancesPath)).items.some(({spec}) => spec.nodeName === 'a') ? performance.now() : undefined, {everyMs: 5, what: 'the first one to be placed anew'});
	const {atMs} = await last;
	await b.powerOn();
	return atMs - from;
}

async function bareRoundTripMs(): Promise<number> {
	using bare = await bareEcho(curveKeyPair());
	const ask = async (): Promise<unknown> => bare.ask();
	await medianMicroseconds(2000, ask);
	return await medianMicroseconds(1000, ask) / 1000;
}
