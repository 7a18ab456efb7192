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

/**
 * Writes what an executing node says into this node's own Instances, as a dated copy. Only about what is bound to the speaker (R3); what is older
 * than what it said before is dropped. Safe to repeat.
 */
export function createReportHearing({store, self, lost, unknown}: HearReportOptions): (caller: string, report: readonly RemoteInstance[]) => Promise<void> {
	const heard = new Map<string, string>();
	return async (caller, report) => {
		const isNew = ({uid, revision}: RemoteInstance): boolean => BigInt(revision) >= BigInt(heard.get(`${caller}/${uid}`) ?? 0);
		const fresh = report.filter(isNew);
		await store.transact(transaction => {
			for (const one of fresh) hear(transaction, caller, one);
		});
		for (const {uid, revision, state} of fresh) {
			if (state === 'ended') heard.delete(`${caller}/${uid}`);
			else heard.set(`${caller}/${uid}`, revision);
		}
	};

	function hear(transaction: Transaction, caller: string, {uid, status, state}: RemoteInstance): void {
		const instance: Instance | undefined = transaction.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
		if (!instance || !isOwnedBy(instance, self.id) || instance.spec.nodeId !== caller) {
			if (!instance && state === 'kept' && !store.wasDeleted(uid)) unknown(caller, uid);
			return;
		}
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
