import {isDeepStrictEqual} from 'node:util';
import {keyOf} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store, Transaction} from '../../store/store.js';
import {containerFinalizer, isDeleting, withoutFinalizers} from '../finalizers.js';
import type {RemoteInstance} from '../ports/peers.js';

/** What hearing reports needs. */
export interface HearReportOptions {
	readonly store: Store;
	readonly self: {readonly id: string};
	/** An assigned Instance is not where it should be: it is to be assigned again. */
	readonly lost: (nodeId: string) => void;
	/** It runs there, but this node has never heard of it: it keeps running and is told. */
	readonly unknown: (nodeId: string, uid: string) => void;
}

/** Hears what executing nodes say. */
export interface ReportHearing {
	readonly hear: (caller: string, report: readonly RemoteInstance[]) => Promise<void>;
	/** An Instance is gone. */
	readonly ended: (uid: string) => void;
}

/**
 * Writes what an executing node says into this node's own Instances, as a dated copy. Only about what is bound to the speaker (R3); what is older
 * than what it said before is dropped. Safe to repeat.
 */
export function createReportHearing({store, self, lost, unknown}: HearReportOptions): ReportHearing {
	/** The speaker's revision of what it said last of an Instance, by the uid of this. */
	const heard = new Map<string, string>();
	return {
		async hear(caller, report) {
			await store.transact(transaction => {
				for (const one of report) hear(transaction, caller, one);
			});
		},
		ended(uid) {
			heard.delete(uid);
		},
	};

	function hear(transaction: Transaction, caller: string, {uid, status, state, revision}: RemoteInstance): void {
		const instance: Instance | undefined = transaction.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
		if (!instance || !isOwnedBy(instance, self.id) || instance.spec.nodeId !== caller) {
			if (!instance && state === 'kept' && !store.wasDeleted(uid)) unknown(caller, uid);
			return;
		}
		// Two reports may be under way at once; what is noted for a write that fails is said again with the same revision or a later one.
		if (BigInt(revision) < BigInt(heard.get(uid) ?? 0)) return;
		heard.set(uid, revision);
		if (state === 'ended' && !isDeleting(instance)) {
			lost(caller);
			return;
		}
		const current = transaction.get('Instance', keyOf(instance));
		if (!current) return;
		if (state === 'ended') transaction.put(withoutFinalizers(current, containerFinalizer));
		else if (status && !isDeepStrictEqual(current.status, status)) transaction.put<Instance>({...current, status});
	}
}
