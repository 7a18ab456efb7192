import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Client} from '../../api/client/client.js';
import type {Owned} from '../process.js';
import {allSettled} from './all-settled.js';
import {createDemoNode, type DemoNode} from './demo-node.js';
import {removeContainers, runningContainers, type RunningContainer} from './engine-containers.js';
import {isHeard, nodes as nodeKind} from './fleet-kinds.js';
import {DemoError, importHelloImage} from './hello-image.js';
import {openDemoLan, type DemoLan} from './lan.js';
import {noteLeftovers} from './leftovers.js';
import {makeFleet} from './make-fleet.js';
import type {DemoOptions} from './run-demo.js';
import {until} from './until.js';
import {withOwned} from './with-owned.js';

/** The image of the demos' services. */
export const demoImage = 'motey/hello:1';

/** A host with its node, and a client of that. */
export interface Side extends DemoNode {
	readonly api: Client;
}

/** Two hosts on a switch, on each a node, which are one fleet. */
export interface TwoHosts {
	readonly lan: DemoLan;
	readonly a: Side;
	readonly b: Side;
	/** What the engine runs for both. */
	readonly containers: () => Promise<readonly RunningContainer[]>;
}

/** Sets up two hosts `a` and `b` whose nodes are joined, runs `scene` on them, and takes everything away again, however that ends. */
export async function withTwoHosts(options: DemoOptions, scene: (hosts: TwoHosts) => Promise<void>): Promise<void> {
	const {dockerUrl, write} = options;
	if (process.getuid?.() !== 0) throw new DemoError('this demo makes two hosts out of network namespaces, which takes root and iproute2: run it as root');
	if (!dockerUrl.startsWith('unix://')) throw new DemoError(`this demo's hosts reach nothing but each other, so the engine must listen on a unix socket, not at ${dockerUrl}: see --docker-url`);
	await withOwned(write, async made => scene(await openTwoHosts(options, made)));
	write('\neverything the demo made is gone again\n');
}

async function openTwoHosts(options: DemoOptions, made: Owned): Promise<TwoHosts> {
	const {dockerUrl, write} = options;
	made.own('image and network', await noteLeftovers({dockerUrl, things: [{kind: 'image', name: demoImage}, {kind: 'network', name: 'motey_default'}]}), async remove => remove());
	const directory = made.own('directory', await mkdtemp(join(tmpdir(), 'motey-demo-')), async path => rm(path, {recursive: true, force: true}));
	const lan = made.own('network namespaces', await openDemoLan(['a', 'b']), async opened => opened[Symbol.asyncDispose]());
	const nodes = await Promise.all(lan.hosts.map(async host => createDemoNode({...options, host, directory: join(directory, host.name)})));
	const of = {dockerUrl, nodeIds: nodes.map(({id}) => id)};
	made.own('containers', of, removeContainers);
	for (const node of nodes) made.own(`node ${node.host.name}`, node, async running => running[Symbol.asyncDispose]());

	options.signal.throwIfAborted();
	write('Two hosts in network namespaces of their own, joined by a switch. The Docker Engine of this machine runs the containers of both.\n');
	await importHelloImage({dockerUrl, reference: demoImage});
	await allSettled(nodes.map(async node => node.start()));
	const [a, b] = await Promise.all(nodes.map(async (node): Promise<Side> => ({...node, api: await node.client()})));
	if (!a || !b) throw new DemoError('there are not two hosts');
	await makeFleet(a, [b]);
	for (const {api} of [a, b]) await until({client: api, kind: nodeKind, what: 'both nodes to hear each other', isSo: all => isHeard(all, 'a') && isHeard(all, 'b'), signal: options.signal});
	return {lan, a, b, containers: async () => runningContainers(of)};
}
