import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Peers, RemoteInstance} from '../ports/peers.js';

/** What asking needs. */
export interface InquiriesOptions {
	readonly store: Store;
	readonly self: {readonly id: string};
	readonly peers: Pick<Peers, 'members' | 'list'>;
	readonly hearReport: (caller: string, report: readonly RemoteInstance[]) => Promise<void>;
	/** Something that this node has bound there is not kept there. */
	readonly lost: (nodeId: string) => void;
}

/** Milliseconds between two questions to one node. */
const everyMs = 10_000;

/**
 * Asks a node, by id, for everything it runs for this one: a report that was lost, or that the node believes was heard because only one
 * direction of the link was cut, is made up for by the answer. Goes on while this node has bound anything there.
 */
export function createInquiries({store, self, peers, hearReport, lost}: InquiriesOptions): (nodeId: string, signal: AbortSignal) => Promise<Outcome> {
	return async (nodeId, signal) => {
		const bound = store.lookup('Instance', 'node', nodeId).filter(instance => instance.spec.nodeId === nodeId && isOwnedBy(instance, self.id));
		if (bound.length === 0 || !peers.members().some(({id, connected}) => id === nodeId && connected)) return done;
		const report = await peers.list(nodeId, {signal});
		await hearReport(nodeId, report);
		const kept = new Set(report.map(({uid}) => uid));
		if (bound.some(instance => !isDeleting(instance) && !kept.has(instance.metadata.uid))) lost(nodeId);
		return again(everyMs);
	};
}
