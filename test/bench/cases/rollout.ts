import type Dockerode from 'dockerode';
import {eventually} from '../../support/eventually.js';
import type {Dockerd} from '../../support/dockerd.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';
import {listenToEngine} from '../engine-events.js';
import {interleave, type Figure} from '../figures.js';
import {bareContender, benchImage, benchNetwork, makeBenchNetwork, moteyContender, type Contender} from './contenders.js';

const count = 10;
const servicePath = '/apis/motey.io/v1/namespaces/default/services/bench';

/** A new spec for ten that run, one at a time, against the same steps by hand; the engine's events stop the clock. */
export async function rolloutFigures({rounds, progress, dockerd: {docker, url}}: {rounds: number; progress: (text: string) => void; dockerd: Dockerd}): Promise<readonly Figure[]> {
	await using network = await makeBenchNetwork(docker);
	progress(`network ${network.name}`);
	await using engine = await listenToEngine(docker, benchImage);
	await using node = await startNodeProcess({dockerUrl: url});
	const timed = async (contender: Contender, replace: () => Promise<unknown>): Promise<number> => {
		const up = engine.after('start', count);
		await contender.scale(count);
		await up;
		if (contender.name === 'motey') await whenReady(node);
		const last = engine.after('start', count);
		const startedAt = performance.now();
		const [{atMs}] = await Promise.all([last, replace()]);
		if (contender.name === 'motey') await whenReady(node);
		await contender.clear();
		return atMs - startedAt;
	};
	let version = 0;
	const motey = moteyContender(node, docker);
	const series = await interleave([
		{name: 'motey', run: async () => timed(motey, async () => node.call('PUT', servicePath, {
			apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'bench'},
			spec: {replicas: count, images: [{name: 'idle', image: benchImage, stopGraceSeconds: 2, parameters: {environment: {VERSION: version += 1}}}]},
		}))},
		{name: 'by hand', run: async () => timed(bareContender(docker, 4), async () => replaceByHand(docker))},
	], rounds, progress);
	return [{name: `rolling update of ${count}, one at a time`, unit: 'ms', series, floor: 'by hand', goal: 1.1}];
}

async function whenReady(node: NodeProcess): Promise<void> {
	await eventually(async () => {
		const {status, metadata} = await node.call('GET', servicePath);
		return status?.readyReplicas === count && status.observedGeneration === metadata.generation;
	}, {everyMs: 20, what: 'all to be ready'});
}

/** Stops each, removes it and starts another of its name, since the name is what keeps two out of a slot. */
async function replaceByHand(docker: Dockerode): Promise<void> {
	const old = await docker.listContainers({filters: {label: ['motey-bench=bare']}});
	for (const {Id: id, Names: [name = '']} of old) {
		const container = docker.getContainer(id);
		await container.stop({t: 2});
		await container.remove({v: true});
		const next = await docker.createContainer({
			name: name.slice(1), Image: benchImage, Env: ['VERSION=2'], Labels: {'motey-bench': 'bare'},
			HostConfig: {Init: true, NetworkMode: benchNetwork, PidsLimit: 512, SecurityOpt: ['no-new-privileges'], LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}}},
		});
		await next.start();
	}
}
