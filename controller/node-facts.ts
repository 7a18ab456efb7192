import {statfs} from 'node:fs/promises';
import {arch, cpus, platform, release, totalmem} from 'node:os';
import {distinctUntilChanged, exhaustMap, map, timer, type Observable} from 'rxjs';
import type {NodeFacts, NodeFactsPort} from '../reconcilers/ports/node-facts.js';
import type {Capability} from '../store/resources/capability.js';
import {hostAddresses} from './addresses.js';

/** A disk with less than this share free, and less than `lowBytes`, is said to be low before the store has to refuse writes. */
const lowShare = 0.05;
const lowBytes = 1024 * 1024 * 1024;
const lookEveryMs = 60_000;

/** What the process knows of its machine. Looks once a minute; says something only when it is new. */
export function createNodeFacts({version, directory, statics}: {version: string; directory: string; statics: readonly Capability[]}): NodeFactsPort {
	let disk: NodeFacts['disk'] = {isLow: false, message: ''};
	const current = (): NodeFacts => ({
		addresses: hostAddresses(),
		capacity: {cpu: String(cpus().length), memory: `${Math.floor(totalmem() / (1024 * 1024))}Mi`},
		info: {version, os: platform(), architecture: arch(), kernel: release()},
		capabilities: [
			{capability: arch(), capability_type: 'architecture', source: 'host'},
			{capability: platform(), capability_type: 'os', source: 'host'},
			...statics.map(capability => ({...capability, source: 'static'})),
		],
		disk,
	});
	const changes: Observable<unknown> = timer(0, lookEveryMs).pipe(
		// A disk that does not answer is not asked again meanwhile.
		exhaustMap(async () => readDisk(directory)),
		map(latest => {
			disk = latest;
			return JSON.stringify(current());
		}),
		distinctUntilChanged(),
	);
	return {current, changes};
}

/** A disk that cannot be read is not known to be low: the store finds out by itself. */
async function readDisk(directory: string): Promise<NodeFacts['disk']> {
	try {
		const {blocks, bavail, bsize} = await statfs(directory);
		const free = bavail * bsize;
		const isLow = free < lowBytes && bavail < blocks * lowShare;
		return {isLow, message: isLow ? `less than ${lowShare * 100} % of the disk of ${directory} is free; make room before the store refuses writes` : ''};
	} catch (error) {
		return {isLow: false, message: `the disk of ${directory} cannot be read: ${String(error)}`};
	}
}
