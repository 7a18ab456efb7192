import {createReadStream} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {LocalNode, NodeStatistics, Orphan} from '../api/ports/node.js';
import {WorkloadError} from '../api/ports/workloads.js';
import type {OrphanAccess} from '../reconcilers/orphan/reconciler.js';
import type {Capability} from '../store/resources/capability.js';
import type {Instance} from '../store/resources/instance.js';
import type {Node, NodeStatus} from '../store/resources/node.js';
import {backupStore} from '../store/level/backup.js';
import type {Store} from '../store/store.js';

/** The source that capabilities declared over REST carry in the Node's status. */
const restSource = 'rest';

/** What this node tells the API of itself. */
export function createLocalNode(options: {
	name: string; id: string; version: string; dataDir: string; store: Store; orphans: OrphanAccess; statistics: {read(): Promise<NodeStatistics>}; ports: LocalNode['ports'];
}): LocalNode {
	const {name, id, version, dataDir, store, orphans, statistics, ports} = options;
	return {
		name, id, version, ports,
		statistics: async () => statistics.read(),
		orphans: orphanVerbs(store, name, orphans),
		openBackup: async () => openBackup(store, dataDir),
		capabilities: {
			add: async capabilities => changeCapabilities(store, name, before => [
				...before, ...capabilities.filter(one => !before.some(other => other.source === restSource && same(one, other))).map(one => ({...one, source: restSource})),
			]),
			remove: async capabilities => changeCapabilities(store, name, before => before.filter(one => one.source !== restSource || !capabilities.some(other => same(one, other)))),
		},
	};
}

const unfinishedBackup = '.unfinished-backup-';

/** Takes away what a process that was killed while it sent a backup left in `dataDir`: a whole copy of the store. */
export async function removeUnfinishedBackups(dataDir: string): Promise<void> {
	const left = (await readdir(dataDir)).filter(name => name.startsWith(unfinishedBackup));
	await Promise.all(left.map(async name => rm(join(dataDir, name), {recursive: true, force: true})));
}

/** Written beside the store first: only a whole backup is ever sent, and the store goes on meanwhile. */
async function openBackup(store: Store, dataDir: string): ReturnType<LocalNode['openBackup']> {
	const directory = await mkdtemp(join(dataDir, unfinishedBackup));
	const file = join(directory, 'store.backup');
	const dispose = async (): Promise<void> => rm(directory, {recursive: true, force: true});
	try {
		await backupStore(store, file);
		return {stream: createReadStream(file), [Symbol.asyncDispose]: dispose};
	} catch (error) {
		await dispose();
		throw error;
	}
}

const same = (one: Capability, other: Capability): boolean => one.capability === other.capability && one.capability_type === other.capability_type;

/** Changes what stands in the Node's status; false when that is nothing. The Node exists from the agent's first look at itself on. */
async function changeCapabilities(store: Store, name: string, change: (before: NodeStatus['capabilities']) => NodeStatus['capabilities']): Promise<boolean> {
	return store.transact(transaction => {
		const node: Node | undefined = transaction.get('Node', {namespace: '', name});
		if (!node?.status) throw new WorkloadError('Unavailable', 'this node has not described itself yet; try again in a moment');
		const capabilities = change(node.status.capabilities);
		if (capabilities.length === node.status.capabilities.length) return false;
		transaction.put({...node, status: {...node.status, capabilities}});
		return true;
	});
}

function orphanVerbs(store: Store, nodeName: string, orphans: OrphanAccess): LocalNode['orphans'] {
	const find = (name: string) => orphans.list().find(orphan => orphan.observation.name === name);
	return {
		list: async () => Promise.resolve(orphans.list().map(({engine, observation}): Orphan => ({
			name: observation.name, engine, namespace: observation.namespace, service: observation.service, image: observation.image,
			uid: observation.uid, state: observation.state, ...(observation.createdAt === undefined ? {} : {createdAt: observation.createdAt}),
		}))),
		async prune(name, signal) {
			const orphan = find(name);
			if (orphan) await orphans.prune(orphan.observation.uid, {signal});
		},
		async adopt(name) {
			const orphan = find(name);
			if (!orphan) throw new WorkloadError('NotFound', `no orphan is called ${name}; see motey node orphans`);
			const {namespace, service, image, slot, uid} = orphan.observation;
			await store.transact(transaction => {
				const instance: Instance | undefined = transaction.lookup('Instance', 'node', nodeName).find(({metadata, spec}) =>
					metadata.namespace === namespace && spec.service === service && spec.image.name === image && spec.slot === slot);
				if (!instance) throw new WorkloadError('NotFound', `no Instance holds slot ${slot} of ${image} in ${namespace}/${service}; apply that Service first, then adopt`);
				transaction.put({...instance, spec: {...instance.spec, adopted: uid}});
			});
		},
	};
}
