import type {ExecutionContext} from 'ava';
import {systemClock} from '../../../controller/clock.js';
import {createForward} from '../../../controller/peers/forward.js';
import {createClient, createWorker, type Client, type WorkerOptions} from '../../../controller/peers/mdp/mdp.js';
import {openMdp, type Mdp} from '../../../controller/peers/mdp/open.js';
import type {Serve} from '../../../controller/peers/server.js';
import {eventually} from '../../support/eventually.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {openCut, type Cut} from './cut.js';
import {Cluster, makeKeys, openNode, type NodeKeys, type PeerNode} from './peer-node.js';

const log = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** A node with requests of its own, for programs and for other nodes. */
export interface LinkedNode {
	readonly mdp: Mdp;
	readonly node: PeerNode;
}

/** Two nodes, of which `one` reaches `two` through a wire that can be cut. */
export interface TwoNodes {
	readonly one: LinkedNode;
	readonly two: LinkedNode;
	readonly wire: Cut;
	/** Asks as a program of the host of `one`. */
	readonly client: Client;
	/** Registers a program on `two`. */
	readonly serve: (options: Pick<WorkerOptions, 'service' | 'handlers'>) => Promise<void>;
}

/** Opens them for a test; they end with it. */
export async function openTwoNodes(t: ExecutionContext): Promise<TwoNodes> {
	const cluster = new Cluster();
	const ids = new Map<string, string>();
	const open = async (keys: NodeKeys): Promise<LinkedNode> => {
		const serve: Serve = (caller, frames, answering) => mdp.serve(caller, frames, answering);
		const node = await openNode(cluster, keys, {serve});
		const directory = await makeTempDirectory('mdp-');
		ids.set(keys.name, node.id);
		const mdp: Mdp = await openMdp({runDir: directory.path, nodes: {selfId: node.id, idOf: word => ids.get(word)}, builtins: [], forward: createForward(node.sockets), log, clock: systemClock});
		t.teardown(async () => {
			await mdp[Symbol.asyncDispose]();
			await node[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		});
		return {mdp, node};
	};
	const [one, two] = [await open(await makeKeys('one')), await open(await makeKeys('two'))];
	const wire = await openCut(two.node.address.port);
	t.teardown(async () => wire[Symbol.asyncDispose]());
	cluster.put(one.node.keys, [one.node.address]);
	cluster.put(two.node.keys, [{...two.node.address, port: wire.port}]);
	await two.node.sockets.membersChanged();
	await one.node.sockets.membersChanged();
	await eventually(() => one.node.sockets.views()[0]?.connected === true, {what: 'the link'});
	const client = createClient({address: one.mdp.address});
	t.teardown(async () => client[Symbol.asyncDispose]());
	return {
		one, two, wire, client,
		async serve(options) {
			const worker = createWorker({address: two.mdp.address, ...options});
			t.teardown(async () => worker[Symbol.asyncDispose]());
			await eventually(() => two.mdp.load.services.includes(options.service));
		},
	};
}
