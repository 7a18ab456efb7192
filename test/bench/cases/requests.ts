import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {Agent, request, type IncomingMessage} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Level} from 'level';
import {startBareServer} from '../bare-server.js';
import {interleave, median, quantile, type Figure} from '../figures.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';

const services = '/apis/motey.io/v1/namespaces/default/services';
const raised = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000', 'limits.objects=50000', 'limits.connections=4096', 'limits.watches=300', 'limits.watchesPerToken=300', 'limits.unauthenticatedBurstPerAddress=4096', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];
// Nothing is placed, so that only the way to the store and back is timed.
const service = (name: string) => ({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {replicas: 0, images: [{name: 'a', image: 'a', engine: 'simulated'}]}});
/** So many of each before anything is timed: until then V8 runs most of it uncompiled. */
const warmUp = 1500;

async function timeEach(count: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
	const samples: number[] = [];
	for (let index = 0; index < count; index++) {
		const startedAt = performance.now();
		await work(index);
		samples.push(performance.now() - startedAt);
	}
	return samples;
}

async function perSecond(clients: number, total: number, work: (index: number) => Promise<unknown>): Promise<number> {
	let next = 0;
	const startedAt = performance.now();
	await Promise.all(Array.from({length: clients}, async () => {
		while (next < total) await work(next++);
	}));
	return total / ((performance.now() - startedAt) / 1000);
}

/** Latency and throughput of writes with sync, reads, and watches, each against the bare thing underneath. */
export async function requestFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	await using node = await startNodeProcess({settings: raised});
	const directory = await mkdtemp(join(tmpdir(), 'motey-bench-level-'));
	const level = new Level(join(directory, 'db'));
	const agent = new Agent({keepAlive: true, maxSockets: 256});
	try {
		progress('warming up');
		await perSecond(8, warmUp, async index => node.call('POST', services, service(`warm-${index}`)));
		const get = JSON.stringify(await node.call('GET', `${services}/warm-0`));
		const list = JSON.stringify(await node.call('GET', `${services}?limit=100`));
		await using bare = await startBareServer({get, list});
		const ask = async (method: string, path: string, body?: string): Promise<IncomingMessage> => {
			const outgoing = request({host: '127.0.0.1', port: bare.port, path, method, agent});
			outgoing.end(body);
			const [response] = await once(outgoing, 'response') as [IncomingMessage];
			return response;
		};
		const floor: Floor = {
			put: async name => level.put(name, JSON.stringify(service(name)), {sync: true}),
			express: async name => drain(await ask('POST', '/put', JSON.stringify(service(name)))),
			open: async path => ask('GET', path),
		};
		await perSecond(8, warmUp, async index => floor.express(`warm-${index}`));
		return [
			...await writeFigures(node, floor, {rounds, progress}),
			...await readFigures(node, floor, {rounds, progress}),
			...await watchFigures(node, floor, progress),
		];
	} finally {
		agent.destroy();
		await level.close();
		await rm(directory, {recursive: true, force: true});
	}
}

/** The bare things underneath. */
interface Floor {
	/** A synced put in this very process. */
	readonly put: (name: string) => Promise<unknown>;
	/** A request that ends in a synced put. */
	readonly express: (name: string) => Promise<unknown>;
	readonly open: (path: string) => Promise<IncomingMessage>;
}

interface Options {
	readonly rounds: number;
	readonly progress: (text: string) => void;
}

const of = (contender: string, samples: readonly number[]) => ({contender, samples});

async function writeFigures(node: NodeProcess, floor: Floor, {rounds, progress}: Options): Promise<readonly Figure[]> {
	let serial = 0;
	const create = async () => node.call('POST', services, service(`s${serial++}`));
	const put = async () => floor.put(`p${serial++}`);
	const express = async () => floor.express(`e${serial++}`);
	progress('apply latency');
	const applies: number[] = [];
	const puts: number[] = [];
	const expresses: number[] = [];
	for (let round = 0; round < rounds; round++) {
		applies.push(...await timeEach(50, create));
		puts.push(...await timeEach(50, put));
		expresses.push(...await timeEach(50, express));
	}
	const throughput = await interleave([
		{name: 'motey', run: async () => perSecond(64, 400, create)},
		{name: 'level, 64 puts in flight', run: async () => perSecond(64, 400, put)},
		{name: 'bare express with a synced put', run: async () => perSecond(64, 400, express)},
	], rounds, text => progress(`apply throughput: ${text}`));
	const latency = (name: string, choose: (samples: readonly number[]) => readonly number[]): Figure => ({
		name, unit: 'ms', floor: 'synced put', goal: 4,
		series: [of('motey', choose(applies)), of('synced put', choose(puts)), of('bare express with a synced put', choose(expresses))],
	});
	return [
		latency('apply latency p50', samples => samples),
		latency('apply latency p99', samples => [quantile(samples, 0.99)]),
		{name: 'apply throughput, 64 clients', unit: '/s', series: throughput, note: 'goal: at least 0.5 of the puts, and 1 500 a second; higher is better'},
	];
}

async function readFigures(node: NodeProcess, floor: Floor, {rounds, progress}: Options): Promise<readonly Figure[]> {
	const figures: Figure[] = [];
	for (const [name, own, bare] of [['get', `${services}/warm-0`, '/get'], ['list of 100', `${services}?limit=100`, '/list']] as const) {
		const series = await interleave([
			{name: 'motey', run: async () => perSecond(8, 400, async () => drain(await node.open(own)))},
			{name: 'bare express', run: async () => perSecond(8, 400, async () => drain(await floor.open(bare)))},
		], rounds, text => progress(`${name}: ${text}`));
		figures.push({name, unit: '/s', series, note: 'goal: at least 0.8 of bare express; higher is better'});
	}
	return figures;
}

async function drain(response: IncomingMessage): Promise<void> {
	response.resume();
	await once(response, 'end');
}

async function watchFigures(node: NodeProcess, floor: Floor, progress: (text: string) => void): Promise<readonly Figure[]> {
	const figures: Figure[] = [];
	for (const watchers of [1, 100]) {
		progress(`watch: ${watchers} watchers`);
		const name = (index: number) => `w${watchers}-${index}`;
		const {metadata: {resourceVersion}} = await node.call('GET', `${services}?limit=1`);
		const motey = await fanOut(watchers, {open: async () => node.open(`${services}?watch=true&resourceVersion=${resourceVersion}`), name, trigger: async index => node.call('POST', services, service(name(index)))});
		const bare = await fanOut(watchers, {open: async () => floor.open('/watch'), name, trigger: async index => floor.express(name(index))});
		figures.push({
			name: `apply to its line, p99, ${watchers === 1 ? 'one watcher' : `${watchers} watchers`}`, unit: 'ms', floor: 'bare express: put, then fan-out', goal: 2,
			series: [of('motey', [quantile(motey, 0.99)]), of('bare express: put, then fan-out', [quantile(bare, 0.99)])],
			note: `p50 ${median(motey).toFixed(2)} ms against ${median(bare).toFixed(2)} ms; from sending the apply to its line at the last watcher, with the synced write on both sides`,
		});
	}
	return figures;
}

/** Milliseconds from the trigger to the line that names it at the last watcher, 100 times. */
async function fanOut(watchers: number, {open, name, trigger}: {open: () => Promise<IncomingMessage>; name: (index: number) => string; trigger: (index: number) => Promise<unknown>}): Promise<number[]> {
	const responses = await Promise.all(Array.from({length: watchers}, open));
	let wanted = '';
	let missing = 0;
	let wake = (): void => undefined;
	for (const response of responses) {
		let unread = '';
		response.on('data', (chunk: Buffer) => {
			unread += chunk.toString('latin1');
			if (wanted === '' || !unread.includes(wanted)) return;
			unread = '';
			missing -= 1;
			if (missing === 0) wake();
		});
	}
	const samples = await timeEach(100, async index => {
		missing = watchers;
		wanted = `"name":"${name(index)}"`;
		const all = new Promise<void>(resolve => {
			wake = resolve;
		});
		await Promise.all([all, trigger(index)]);
		wanted = '';
	});
	for (const response of responses) response.destroy();
	return samples;
}
