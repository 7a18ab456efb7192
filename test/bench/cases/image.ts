import {randomBytes} from 'node:crypto';
import {createReadStream, existsSync} from 'node:fs';
import {copyFile, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {systemClock} from '../../../controller/clock.js';
import {openImages} from '../../../controller/images/open.js';
import {createForward} from '../../../controller/peers/forward.js';
import {openMdp} from '../../../controller/peers/mdp/open.js';
import type {Engine} from '../../../reconcilers/ports/engine.js';
import type {ImageSources} from '../../../reconcilers/ports/image-sources.js';
import {silent} from '../../controller/engines/samples.js';
import {sampleArchive} from '../../controller/images/archive/sample-archive.js';
import {Cluster, makeKeys, openNode, type PeerNode} from '../../controller/peers/peer-node.js';
import {eventually} from '../../support/eventually.js';
import {interleave, type Figure} from '../figures.js';

const layerBytes = 32 * 2 ** 20;
/** What a node's wire takes: with two processors for nine nodes it is the wire that is to be the narrow place, as between real ones, and not the processors. */
const wireBytesPerSecond = 8 * 2 ** 20;
const receivers = 8;

interface ImageNode extends AsyncDisposable {
	readonly peer: PeerNode;
	readonly engine: Engine;
	readonly sources: ImageSources;
	/** Its engine has nothing any more. */
	empty(): void;
}

/** One image from a node to another over a wire of 64 Mbit/s, and to eight, each of which gives it on. Bytes are moved and looked through for real; only the engines are none. */
export async function imageFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'motey-bench-'));
	const nodes: ImageNode[] = [];
	try {
		const {archive, id} = await sampleArchive({layers: [[{name: 'large', content: randomBytes(layerBytes)}]]});
		const cluster = new Cluster();
		for (let index = 0; index <= receivers; index++) nodes.push(await openImageNode(cluster, {name: `n${index}`, directory: join(directory, `n${index}`), id}));
		for (const {peer} of nodes) cluster.put(peer.keys, [peer.address]);
		await Promise.all(nodes.map(async ({peer}) => peer.sockets.membersChanged()));
		await eventually(() => nodes.every(({peer}) => peer.sockets.views().filter(({connected}) => connected).length === receivers), {what: 'all nodes to be linked'});
		const [source, ...others] = nodes;
		const given = join(directory, 'given.tar');
		await writeFile(given, archive);
		await source!.engine.images!.load(given, {signal: AbortSignal.timeout(60_000)});
		const bringTo = async (chosen: readonly ImageNode[]): Promise<number> => {
			for (const node of others) node.empty();
			const startedAt = performance.now();
			const had = await Promise.all(chosen.map(async ({sources, engine}) => sources.fetch({engine, reference: 'shop/web:1', contentId: id}, {signal: AbortSignal.timeout(300_000)})));
			if (had.some(each => each !== id)) throw new Error('not every node has the image');
			return performance.now() - startedAt;
		};
		await bringTo(others.slice(0, 1));
		const series = await interleave([
			{name: 'motey', run: async () => bringTo(others)},
			{name: 'one transfer', run: async () => bringTo(others.slice(0, 1))},
		], rounds, progress);
		return [{
			name: 'image of 32 MiB to 8 nodes without a registry', unit: 'ms', series, floor: 'one transfer', goal: 4.5,
			note: 'nine nodes in one process, each with a wire of 64 Mbit/s and an engine that keeps archives as files',
		}];
	} finally {
		for (const node of nodes) await node[Symbol.asyncDispose]();
		await rm(directory, {recursive: true, force: true});
	}
}

async function openImageNode(cluster: Cluster, {name, directory, id}: {readonly name: string; readonly directory: string; readonly id: string}): Promise<ImageNode> {
	const [dataDir, runDir, kept] = [join(directory, 'data'), join(directory, 'run'), join(directory, 'kept.tar')];
	await Promise.all([dataDir, runDir].map(async path => mkdir(path, {recursive: true})));
	const keys = await makeKeys(name);
	const held = {isHere: false};
	const wire = createWire();
	const platform = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`;
	const engine = {
		name: 'docker',
		images: {
			find: async (reference: string) => Promise.resolve(held.isHere && reference === id ? {id, references: [], sizeBytes: layerBytes, platform} : undefined),
			tag: async () => Promise.resolve(),
			load: async (path: string) => {
				await copyFile(path, kept);
				held.isHere = true;
			},
			async* export() {
				for await (const chunk of createReadStream(kept, {highWaterMark: 65_536})) {
					const bytes = chunk as Buffer;
					await wire(bytes.length);
					yield bytes;
				}
			},
		},
	} as unknown as Engine;
	const holder: {mdp?: Awaited<ReturnType<typeof openMdp>>} = {};
	const peer = await openNode(cluster, keys, {records: false, serve: (caller, frames, answering) => holder.mdp?.serve(caller, frames, answering)});
	const {sources, builtins} = await openImages({self: {id: peer.id, name}, engines: {all: [engine], get: () => engine}, sockets: peer.sockets, dataDir, takesSeeds: true, limitBytes: 2 ** 33, clock: systemClock, log: silent});
	const mdp = await openMdp({runDir, nodes: {selfId: peer.id, idOf: () => undefined}, builtins, forward: createForward(peer.sockets), log: silent, clock: systemClock});
	holder.mdp = mdp;
	return {
		peer, engine, sources,
		empty: () => (held.isHere = false),
		async [Symbol.asyncDispose]() {
			await mdp[Symbol.asyncDispose]();
			await peer[Symbol.asyncDispose]();
		},
	};
}

/** A wire that all who send share: resolves when so many bytes have gone over it. */
function createWire(): (bytes: number) => Promise<void> {
	let freeAtMs = 0;
	return async bytes => {
		freeAtMs = Math.max(freeAtMs, performance.now()) + bytes / wireBytesPerSecond * 1000;
		const leftMs = freeAtMs - performance.now();
		if (leftMs > 5) await delay(leftMs);
	};
}
