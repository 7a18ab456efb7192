import {text} from 'node:stream/consumers';
import {eventually} from '../../support/eventually.js';
import type {Figure} from '../figures.js';
import {startNodeProcess, type NodeProcess} from '../../support/node-process.js';

const services = '/apis/motey.io/v1/namespaces/default/services';
const settings = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000', 'limits.objects=50000', 'limits.totalBytes=1000000000', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];
const perService = 50;

/** What one changed key, and what standing still, cost with 100, 1 000 and 10 000 simulated instances. */
export async function scaleFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	const key: number[] = [];
	const cpu: number[] = [];
	const pass: number[] = [];
	const up: number[] = [];
	for (const size of [100, 1000, 10_000]) {
		progress(`${size} simulated instances`);
		await using node = await startNodeProcess({settings});
		const startedAt = performance.now();
		const service = (name: string, replicas: number) => ({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {replicas, images: [{name: 'a', image: 'a', engine: 'simulated'}]}});
		const names = Array.from({length: size / perService}, (_, index) => `s${index}`);
		for (const name of names) await node.call('POST', services, service(name, perService));
		const ready = async (name: string, count: number) => (await node.call('GET', `${services}/${name}`)).status?.readyReplicas === count;
		for (const name of names) await eventually(async () => ready(name, perService), {withinMs: 300_000, what: `${name} ready`});
		up.push((performance.now() - startedAt) / size);
		const samples: number[] = [];
		for (let round = 0; round < rounds * 3; round++) {
			const from = performance.now();
			await node.call('POST', services, service(`one-${round}`, 1));
			await eventually(async () => ready(`one-${round}`, 1), {everyMs: 1, what: 'the changed key'});
			samples.push(performance.now() - from);
		}
		key.push(samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!);
		const [before, looksBefore] = [await node.cpuSeconds(), await looksAtInstances(node)];
		progress(`${size} simulated instances: a quiet minute`);
		await new Promise(resolve => {
			setTimeout(resolve, 65_000);
		});
		const seconds = await node.cpuSeconds() - before;
		cpu.push(seconds / 0.65);
		pass.push(seconds * 1000 / ((await looksAtInstances(node) - looksBefore) / size));
	}
	const of = (samples: readonly number[]) => ['100', '1 000', '10 000'].map((size, index) => ({contender: `${size} instances`, samples: [samples[index]!]}));
	return [
		{name: 'one changed key, apply → ready', unit: 'ms', series: of(key), note: 'goal: the same at every size (≤ 1.2 times)'},
		{name: 'a quiet minute with its resync', unit: '% of a core', series: of(cpu), note: 'goals: 0.5 % with 100, 1 % with 1 000; linear in size'},
		{name: 'a pass over all, CPU', unit: 'ms', series: of(pass), note: 'all of the quiet minute, over its passes; goal: at most 12 times for 10 times as many'},
		{name: 'apply → ready, per instance', unit: 'ms', series: of(up)},
	];
}

/** How often an Instance was looked at so far. */
async function looksAtInstances(node: NodeProcess): Promise<number> {
	const metrics = await text(await node.open('/metrics'));
	return [...metrics.matchAll(/^motey_reconciles_total\{reconciler="instance",outcome="\w+"\} (\d+)$/gmu)].reduce((sum, [, count]) => sum + Number(count), 0);
}
