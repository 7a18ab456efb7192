import {statfs} from 'node:fs/promises';
import {arch, cpus, platform, release, totalmem} from 'node:os';
import {distinctUntilChanged, EMPTY, exhaustMap, map, merge, timer, type Observable} from 'rxjs';
import type {NodeFacts, NodeFactsPort} from '../reconcilers/ports/node-facts.js';
import type {Capability, NodeCapability} from '../store/resources/capability.js';
import {hostAddresses} from './addresses.js';
import {presentDevices} from './present-devices.js';

/** A disk with less than this share free, and less than `lowBytes`, is said to be low before the store has to refuse writes. */
const lowShare = 0.05;
const lowBytes = 1024 * 1024 * 1024;
const lookEveryMs = 60_000;
/** A device that is plugged in is to be of use within seconds. */
const lookAtDevicesEveryMs = 3000;

/** What facts are made of. */
export interface NodeFactsOptions {
	readonly version: string;
	readonly directory: string;
	/** What the configuration says this node can do. */
	readonly statics: readonly Capability[];
	/** Devices that workloads may use here, as the policy names them; each is a capability while it is there. */
	readonly devices: readonly string[];
	/** What daemons of this host say it can do. */
	readonly daemons: {current(): readonly NodeCapability[]; readonly changes: Observable<unknown>};
}

/** What the process knows of its machine. Looks at the disk once a minute and at devices every 3 s; says something only when it is new. */
export function createNodeFacts({version, directory, statics, devices, daemons}: NodeFactsOptions): NodeFactsPort {
	let disk: NodeFacts['disk'] = {isLow: false, message: ''};
	let present: readonly string[] = [];
	const current = (): NodeFacts => ({
		addresses: hostAddresses(),
		capacity: {cpu: String(cpus().length), memory: `${Math.floor(totalmem() / (1024 * 1024))}Mi`},
		info: {version, os: platform(), architecture: arch(), kernel: release()},
		capabilities: [
			{capability: arch(), capability_type: 'architecture', source: 'host'},
			{capability: platform(), capability_type: 'os', source: 'host'},
			...present.map(capability => ({capability, capability_type: 'device', source: 'device'})),
			...statics.map(capability => ({...capability, source: 'static'})),
			...daemons.current(),
		],
		disk,
	});
	// A disk or device that does not answer is not asked again meanwhile.
	const disks = timer(0, lookEveryMs).pipe(exhaustMap(async () => readDisk(directory)), map(latest => (disk = latest)));
	const plugged = devices.length === 0 ? EMPTY : timer(0, lookAtDevicesEveryMs).pipe(exhaustMap(async () => presentDevices(devices)), map(latest => (present = latest)));
	return {current, changes: merge(disks, plugged, daemons.changes).pipe(map(() => JSON.stringify(current())), distinctUntilChanged())};
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
