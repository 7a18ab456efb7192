import {merge, Subject} from 'rxjs';
import {PeerError, type PeerChange, type Peers, type RemoteInstance} from '../../reconcilers/ports/peers.js';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Instance} from '../../store/resources/instance.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import type {OriginalNode, OriginalNodes} from './original-nodes.js';
import {statusOf, writeImage} from './original-wire.js';

const firstRetryMs = 30_000;
const longestRetryMs = 300_000;

/** The three questions about an image, put to one node. Each throws a `PeerError` when there is no answer. */
export interface OriginalCalls {
	readonly deploy: (host: string, image: string, signal: AbortSignal) => Promise<string>;
	readonly status: (host: string, id: string, signal: AbortSignal) => Promise<string>;
	readonly terminate: (host: string, image: string, signal: AbortSignal) => Promise<string>;
}

/** What giving work to original nodes needs. */
export interface OriginalPeersOptions {
	readonly peers: Peers;
	readonly nodes: OriginalNodes;
	readonly calls: OriginalCalls;
	readonly store: Pick<Store, 'lookup'>;
	readonly self: {readonly id: string};
	readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface Deployed {
	readonly engineId: string;
	readonly specHash: string;
}

/**
 * The other nodes with those of the original among them. The original's wire cannot tell a repeated order from a new one, so what it answered is
 * remembered in the Instance's status; an order whose answer does not arrive is given again, and may be carried out twice.
 */
export function withOriginals({peers, nodes, calls, store, self, clock}: OriginalPeersOptions): Peers {
	const deployed = new Map<string, Deployed>();
	const failures = new Map<string, {readonly count: number; readonly sinceMs: number}>();
	const news = new Subject<PeerChange>();
	let revision = 0;

	const instanceOf = (uid: string): Instance | undefined => store.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
	const deployedOf = (instance: Instance | undefined): Deployed | undefined => {
		if (!instance) return undefined;
		const {metadata: {uid}, status} = instance;
		const known = deployed.get(uid);
		if (known) return known.engineId === '' ? undefined : known;
		return status?.engineId === undefined || status.engineId === '' ? undefined : {engineId: status.engineId, specHash: status.specHash ?? ''};
	};
	const end = async (instance: Instance, {host}: OriginalNode, {engineId}: Deployed, signal: AbortSignal): Promise<void> => {
		await calls.terminate(host, writeImage(instance, {id: engineId, host}), signal);
	};
	/** It is deployed anew after a while, as a failing image is everywhere. */
	const isDueAgain = (uid: string): boolean => {
		const nowMs = clock.monotonicMs();
		const failure = failures.get(uid);
		if (failure === undefined) {
			failures.set(uid, {count: 1, sinceMs: nowMs});
			return false;
		}
		if (nowMs - failure.sinceMs < Math.min(longestRetryMs, firstRetryMs * 2 ** (failure.count - 1))) return false;
		failures.set(uid, {count: failure.count + 1, sinceMs: nowMs});
		return true;
	};
	const observe = async (instance: Instance, node: OriginalNode, signal: AbortSignal): Promise<readonly RemoteInstance[]> => {
		const {metadata: {uid}} = instance;
		const known = deployedOf(instance);
		if (known === undefined) return [];
		const status = statusOf(await calls.status(node.host, known.engineId, signal), {host: node.host, ...known});
		const hasFailed = status.phase === 'Failed' || status.phase === 'Terminated';
		if (status.phase === 'Running') failures.delete(uid);
		if (hasFailed && isDueAgain(uid)) {
			await end(instance, node, known, signal);
			forget(uid);
			return [];
		}
		return [{uid, status, revision: String(++revision), state: 'kept'}];
	};
	const forget = (uid: string): void => {
		// What the stored status says must not be believed again.
		deployed.set(uid, {engineId: '', specHash: ''});
	};

	return {
		...peers,
		members: () => [...peers.members(), ...nodes.views()],
		changes: merge(peers.changes, nodes.changes, news),
		async assign(nodeId, order, options) {
			const node = nodes.find(nodeId);
			if (!node) return peers.assign(nodeId, order, options);
			const {instance} = order;
			const {metadata: {uid}, spec: {specHash}} = instance;
			const known = deployedOf(instanceOf(uid) ?? instance);
			if (known) {
				if (known.specHash === specHash) return;
				await end(instance, node, known, options.signal);
			}
			const engineId = (await calls.deploy(node.host, writeImage(instance, {id: '', host: node.host}), options.signal)).trim();
			if (engineId === '') throw new PeerError('Failed', `the original node ${node.host} could not run ${instance.spec.image.image}`);
			deployed.set(uid, {engineId, specHash});
			news.next({kind: 'heard', id: nodeId});
		},
		async terminate(nodeId, order, options) {
			const node = nodes.find(nodeId);
			if (!node) return peers.terminate(nodeId, order, options);
			const instance = instanceOf(order.uid);
			const known = deployedOf(instance);
			if (instance && known) await end(instance, node, known, options.signal);
			deployed.delete(order.uid);
			failures.delete(order.uid);
			return true;
		},
		async list(nodeId, options) {
			const node = nodes.find(nodeId);
			if (!node) return peers.list(nodeId, options);
			// What another member has bound there is that member's to follow and to end.
			const bound = store.lookup('Instance', 'node', nodeId).filter(instance => instance.spec.nodeId === nodeId && isOwnedBy(instance, self.id));
			return (await Promise.all(bound.map(async instance => observe(instance, node, options.signal)))).flat();
		},
		report: async (nodeId, report, options) => (nodes.find(nodeId) ? undefined : peers.report(nodeId, report, options)),
		lease: async (nodeId, request, options) => (nodes.find(nodeId) ? false : peers.lease(nodeId, request, options)),
		pin: async (nodeId, request, options) => (nodes.find(nodeId) ? request.contentId : peers.pin(nodeId, request, options)),
		async objectsSince(nodeId, request, options) {
			if (!nodes.find(nodeId)) return peers.objectsSince(nodeId, request, options);
			return {kind: 'changes', revision: request.since ?? '0', objects: [], deleted: [], complete: true};
		},
		copiesOf: async (nodeId, request, options) => (nodes.find(nodeId) ? [] : peers.copiesOf(nodeId, request, options)),
	};
}
