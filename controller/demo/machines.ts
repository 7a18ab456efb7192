import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Client} from '../../api/client/client.js';
import type {Owned} from '../process.js';
import {allSettled} from './all-settled.js';
import {createDemoNode, type DemoNode} from './demo-node.js';
import {runningContainers, type RunningContainer} from './engine-containers.js';
import {isHeard, nodes as nodeKind} from './fleet-kinds.js';
import {DemoError, importHelloImage} from './hello-image.js';
import {openDemoLan, type DemoLan} from './lan.js';
import {createMachine, type Machine} from './machine.js';
import {makeFleet} from './make-fleet.js';
import type {DemoOptions} from './run-demo.js';
import {demoImage} from './two-hosts.js';
import {until} from './until.js';
import {withOwned} from './with-owned.js';

/** A machine with its node, and a client of that. */
export interface Inhabited {
	readonly machine: Machine;
	readonly node: DemoNode;
	readonly api: Client;
	/** What its engine runs of its node. */
	readonly containers: () => Promise<readonly RunningContainer[]>;
}

/** Machines on one switch, each with an engine and a node of its own, which are one fleet. */
export interface Machines {
	readonly lan: DemoLan;
	readonly all: readonly Inhabited[];
}

/** Sets up a machine for each name, whose nodes are joined, runs `scene` on them, and takes everything away again, however that ends. */
export async function withMachines(options: DemoOptions, names: readonly string[], scene: (machines: Machines) => Promise<void>): Promise<void> {
	const {write} = options;
	if (process.getuid?.() !== 0) throw new DemoError('this demo makes machines out of namespaces, each with a Docker Engine of its own, which takes root, iproute2 and dockerd: run it as root');
	await withOwned(write, async made => scene(await openMachines(options, names, made)));
	write('\neverything the demo made is gone again\n');
}

async function openMachines(options: DemoOptions, names: readonly string[], made: Owned): Promise<Machines> {
	const {write, signal} = options;
	const directory = made.own('directory', await mkdtemp(join(tmpdir(), 'motey-demo-')), async path => rm(path, {recursive: true, force: true}));
	const lan = made.own('network namespaces', await openDemoLan(names), async opened => opened[Symbol.asyncDispose]());
	const machines = await Promise.all(lan.hosts.map(async host => createMachine({host, directory: join(directory, host.name), signal})));
	for (const machine of machines) made.own(`machine ${machine.host.name}`, machine, async running => running[Symbol.asyncDispose]());
	const nodes = await Promise.all(machines.map(async ({host, dockerUrl}) => createDemoNode({...options, host, dockerUrl, directory: join(directory, host.name)})));
	for (const node of nodes) made.own(`node ${node.host.name}`, node, async running => running[Symbol.asyncDispose]());

	signal.throwIfAborted();
	write(`${names.length} machines in namespaces of their own, joined by a switch, each with a Docker Engine and a node:\n`);
	const from = performance.now();
	const all = await allSettled(machines.map(async (machine, index): Promise<Inhabited> => {
		const node = nodes[index];
		if (node === undefined) throw new DemoError(`there is no node for ${machine.host.name}`);
		await machine.powerOn();
		await importHelloImage({dockerUrl: machine.dockerUrl, reference: demoImage});
		await node.start();
		return {machine, node, api: await node.client(), containers: async () => runningContainers({dockerUrl: machine.dockerUrl, nodeIds: [node.id]})};
	}));
	const [first, ...others] = nodes;
	if (first === undefined) throw new DemoError('there is no machine');
	await makeFleet(first, others);
	for (const {api} of all) await until({client: api, kind: nodeKind, what: 'all nodes to hear each other', isSo: heard => names.every(name => isHeard(heard, name)), signal});
	write(`\n${names.join(', ')} are one fleet after ${((performance.now() - from) / 1000).toFixed(1)} s\n`);
	return {lan, all};
}
