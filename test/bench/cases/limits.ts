import type {Figure} from '../figures.js';
import {startNodeProcess} from '../../support/node-process.js';

const services = '/apis/motey.io/v1/namespaces/default/services';
// A few less than the limit: the node, its token and its like are objects as well.
const objects = 9_990;
// The 64 MiB of the limit over 10 000 objects, less the 1 000 bytes or so that each has without filling.
const fillBytes = 5400;
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
	await full.stop();
	const ready: number[] = [];
	const resident: number[] = [];
	const anonymous: number[] = [];
	for (let round = 1; round <= rounds; round++) {
		progress(`restart ${round}/${rounds}`);
		await using again = await startNodeProcess({settings, directory: full.directory});
		ready.push(again.readyMs);
		resident.push(await again.residentKilobytes() / 1000);
		anonymous.push(await again.anonymousKilobytes() / 1000);
	}
	return [
		{name: `resident memory, ${objects} objects`, unit: 'MB', series: [{contender: 'motey', samples: resident}], goal: 209.7, note: 'LevelDB maps its files: what it has read once counts as resident until the kernel wants it back'},
		{name: 'the same without pages of files', unit: 'MB', series: [{contender: 'motey', samples: anonymous}]},
		{name: `restart → ready with ${objects} objects`, unit: 'ms', series: [{contender: 'motey', samples: ready}], goal: 3000},
	];
}
