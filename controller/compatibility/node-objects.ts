import {isDeepStrictEqual} from 'node:util';
import {timestamp} from '../../reconcilers/timestamp.js';
import {withCondition, type ConditionUpdate} from '../../store/resources/condition.js';
import type {Node, NodeStatus} from '../../store/resources/node.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store, Transaction} from '../../store/store.js';
import type {OriginalNode} from './original-nodes.js';
import {legacyLabel} from './original-wire.js';

/** A node that was silent for so long is not known to be ready. */
const unknownAfterMs = 10_000;

/** Shows a node of the original as a Node of this store, with the label `motey.io/legacy`. Writes only what changes. */
export async function showOriginal(store: Store, node: OriginalNode, {selfId, now}: {readonly selfId: string; readonly now: Date}): Promise<void> {
	await store.transact(transaction => {
		const before = ownOf(transaction, store, node.id, selfId);
		const status = statusOf(node, before?.status, timestamp(now));
		if (before) {
			if (!isDeepStrictEqual(before.status, status)) transaction.put<Node>({...before, status});
			return;
		}
		// Another member has shown it under this name.
		const name = transaction.get('Node', {namespace: '', name: node.name}) ? `${node.name}-${selfId.slice(0, 4)}` : node.name;
		transaction.put<Node>({
			apiVersion: 'motey.io/v1', kind: 'Node',
			metadata: {name, uid: '', resourceVersion: '', generation: 1, creationTimestamp: timestamp(now), labels: {[legacyLabel]: 'true'}},
			spec: {}, status,
		});
	});
}

/** Takes away the Node of one that is not known any more. */
export async function hideOriginal(store: Store, id: string, {selfId}: {readonly selfId: string}): Promise<void> {
	await store.transact(transaction => {
		const node = ownOf(transaction, store, id, selfId);
		if (node) transaction.delete('Node', {namespace: '', name: node.metadata.name});
	});
}

/** Every Node of an original that this node shows. */
export function shownOriginals(store: Pick<Store, 'list'>, selfId: string): readonly Node[] {
	return store.list('Node').items.filter(node => node.metadata.labels?.[legacyLabel] === 'true' && isOwnedBy(node, selfId));
}

function ownOf(transaction: Transaction, store: Store, id: string, selfId: string): Node | undefined {
	const shown = shownOriginals(store, selfId).find(({status}) => status?.id === id);
	return shown && transaction.get('Node', {namespace: '', name: shown.metadata.name});
}

function statusOf({id, host, capabilities, connected, silentMs}: OriginalNode, before: NodeStatus | undefined, now: string): NodeStatus {
	const condition: ConditionUpdate = connected
		? {type: 'Ready', status: 'True', reason: 'Ready', message: ''}
		: {type: 'Ready', status: silentMs >= unknownAfterMs ? 'Unknown' : 'False', reason: 'NodeSilent', message: 'this node of the original Motey does not answer'};
	return {
		id, conditions: withCondition(before?.conditions ?? [], condition, now), addresses: [host],
		engines: enginesOf(capabilities.map(({capability}) => capability)).map(name => ({name, version: '', healthy: connected})),
		capabilities: capabilities.map(each => ({...each, source: 'original'})),
		// It does not say what it has; nothing is asked of it by amounts.
		capacity: {cpu: '0', memory: '0'}, reserved: {cpu: '0', memory: '0'},
		info: {version: 'original', os: '', architecture: '', kernel: ''},
	};
}

/** Every plugin of the original adds a capability of its name. */
function enginesOf(capabilities: readonly string[]): readonly string[] {
	const named = ['docker', 'rkt', 'lxc', 'process'].filter(name => capabilities.includes(name));
	return named.length === 0 ? ['docker'] : named;
}
