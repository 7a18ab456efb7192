import type {Figure} from '../figures.js';
import {startNodeProcess} from '../../support/node-process.js';

const services = '/apis/motey.io/v1/namespaces/default/services';
// A few less than the limit: the node, its token and its like are objects as well.
const objects = 9_990;
// The 64 MiB of the limit over 10 000 objects, less what the system adds to each.
const fillBytes = 6000;
/** Enough to fill a node within the minute; the limits of the store itself stand as they are. */
const settings = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];

/** A node as full as its limits let it be: what it holds in memory, and how long it takes to be ready again. */
export async function limitFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	await using full = await startNodeProcess({settings});
	const names = Array.from({length: objects}, (_, index) => `s${index}`);
	const service = (name: string) => ({
		apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name, annotations: {filling: 'x'.repeat(fillBytes)}},
		spec: {replicas: 0, images: [{name: 'a', image: 'a', engine: 'simulated'}]},
	});
	progress('filling');
	const waiting = names.values();
	// Wide enough that many writes share a synced batch.
	await Promise.all(Array.from({length: 64}, async () => {
		for (const name of waiting) await full.call('POST', services, service(name));
	}));
	const filledMegabytes = await full.residentKilobytes() / 1000;
	await full.stop();
	const ready: number[] = [];
	const megabytes: number[] = [];
	for (let round = 1; round <= rounds; round++) {
		progress(`restart ${round}/${rounds}`);
		await using again = await startNodeProcess({settings, directory: full.directory});
		ready.push(again.readyMs);
		megabytes.push(await again.residentKilobytes() / 1000);
	}
	return [
		{name: `resident memory, ${objects} objects and ${Math.round(objects * fillBytes / 2 ** 20)} MiB, after a restart`, unit: 'MB', series: [{contender: 'motey', samples: megabytes}], goal: 209.7},
		{name: 'the same, just after writing them all', unit: 'MB', series: [{contender: 'motey', samples: [filledMegabytes]}], goal: 209.7},
		{name: `restart → ready with ${objects} objects`, unit: 'ms', series: [{contender: 'motey', samples: ready}], goal: 3000},
	];
}
