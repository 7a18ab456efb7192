import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer, get as httpGet, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import express from 'express';
import {Level} from 'level';
import {interleave, median, quantile, type Figure} from '../figures.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';

const services = '/apis/motey.io/v1/namespaces/default/services';
const raised = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000', 'limits.connections=4096', 'limits.watches=300', 'limits.watchesPerToken=300', 'limits.unauthenticatedBurstPerAddress=4096', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];
// Nobody has this engine, so nothing is placed and only the store's work is timed.
const service = (name: string) => ({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {replicas: 0, images: [{name: 'a', image: 'a', engine: 'simulated'}]}});

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
	try {
		let serial = 0;
		const create = async () => node.call('POST', services, service(`s${serial++}`));
		const put = async () => level.put(`k${serial++}`, JSON.stringify(service('x')), {sync: true});
		await timeEach(200, create);
		progress('apply latency');
		const applies: number[] = [];
		const puts: number[] = [];
		for (let round = 0; round < rounds; round++) {
			applies.push(...await timeEach(50, create));
			puts.push(...await timeEach(50, put));
		}
		const throughput = await interleave([
			{name: 'motey', run: async () => perSecond(64, 400, create)},
			{name: 'level, 64 puts in flight', run: async () => perSecond(64, 400, put)},
		], rounds, text => progress(`apply throughput: ${text}`));
		const of = (contender: string, samples: readonly number[]) => ({contender, samples});
		return [
			{name: 'apply latency p50', unit: 'ms', series: [of('motey', applies), of('synced put', puts)], floor: 'synced put', goal: 4},
			{name: 'apply latency p99', unit: 'ms', series: [of('motey', [quantile(applies, 0.99)]), of('synced put', [quantile(puts, 0.99)])], floor: 'synced put', goal: 4},
			{name: 'apply throughput, 64 clients', unit: '/s', series: throughput, note: 'goal: at least 0.5 of the puts, and 1 500 a second; higher is better'},
			...await readFigures(node, rounds, progress),
			...await watchFigures(node, progress),
		];
	} finally {
		await level.close();
		await rm(directory, {recursive: true, force: true});
	}
}

async function readFigures(node: NodeProcess, rounds: number, progress: (text: string) => void): Promise<readonly Figure[]> {
	const body = JSON.stringify(await node.call('GET', `${services}?limit=100`));
	const application = express().get('/', (_request, response) => {
		response.type('json').send(body);
	});
	const server = application.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	const bare = async () => new Promise<void>((resolve, reject) => {
		httpGet({port, host: '127.0.0.1', path: '/', agent: undefined}, response => response.resume().on('end', resolve)).on('error', reject);
	});
	const series = await interleave([
		{name: 'motey', run: async () => perSecond(8, 400, async () => drain(await node.open(`${services}?limit=100`)))},
		{name: 'bare express', run: async () => perSecond(8, 400, bare)},
	], rounds, text => progress(`list of 100: ${text}`));
	server.close();
	return [{name: 'list of 100', unit: '/s', series, note: 'goal: at least 0.8 of bare express; higher is better'}];
}

async function drain(response: IncomingMessage): Promise<void> {
	response.resume();
	await once(response, 'end');
}

async function watchFigures(node: NodeProcess, progress: (text: string) => void): Promise<readonly Figure[]> {
	const figures: Figure[] = [];
	for (const watchers of [1, 100]) {
		progress(`watch: ${watchers} watchers`);
		const motey = await fanOut(watchers, async () => node.open(`${services}?watch=true&resourceVersion=${(await node.call('GET', `${services}?limit=1`)).metadata.resourceVersion}`),
			async index => node.call('POST', services, service(`w${watchers}-${index}`)));
		const open = new Set<ServerResponse>();
		const server = createServer((_request, response) => {
			response.writeHead(200).flushHeaders();
			open.add(response);
		}).listen(0, '127.0.0.1');
		await once(server, 'listening');
		const {port} = server.address() as AddressInfo;
		const line = `${JSON.stringify({type: 'ADDED', object: await node.call('GET', `${services}/s0`)})}\n`;
		const bare = await fanOut(watchers, async () => new Promise(resolve => httpGet({port, host: '127.0.0.1', agent: false}, resolve)), () => {
			for (const response of open) response.write(line);
			return Promise.resolve();
		});
		server.closeAllConnections();
		server.close();
		figures.push({name: `watch latency p99, ${watchers} watchers`, unit: 'ms', series: [{contender: 'motey (with the apply)', samples: [quantile(motey, 0.99)]}, {contender: 'bare chunked fan-out', samples: [quantile(bare, 0.99)]}], note: `p50 ${median(motey).toFixed(2)} ms; from sending the apply to its line at the last watcher, so it holds the synced write`});
	}
	return figures;
}

/** Milliseconds from the trigger to the line at the last watcher, 100 times. */
async function fanOut(watchers: number, open: () => Promise<IncomingMessage>, trigger: (index: number) => Promise<unknown>): Promise<number[]> {
	const responses = await Promise.all(Array.from({length: watchers}, open));
	let lines = 0;
	let wake = (): void => undefined;
	for (const response of responses) {
		response.on('data', (chunk: Buffer) => {
			lines += chunk.toString('latin1').split('\n').length - 1;
			wake();
		});
	}
	const samples = await timeEach(100, async index => {
		const goal = (index + 1) * watchers;
		const all = new Promise<void>(resolve => {
			wake = () => {
				if (lines >= goal) resolve();
			};
		});
		await trigger(index);
		wake();
		await all;
	});
	for (const response of responses) response.destroy();
	return samples;
}
