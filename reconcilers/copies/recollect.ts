import type {Resource} from '../../store/resources/kinds.js';
import {ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {putNamed} from './put-named.js';

/**
 * Takes back what a member has copied of this node's own objects and this node, restored from a backup, does not know or knows an older state of.
 * Removes nothing. Resolves with the number of objects that were taken.
 */
export async function takeBack(store: Store, {selfId, copies}: {readonly selfId: string; readonly copies: readonly Resource[]}): Promise<number> {
	const isNewer = (copy: Resource): boolean => {
		const revision = ownerRevisionOf(copy);
		if (revision === undefined || ownershipOf(copy).owner !== selfId) return false;
		const own = store.lookup(copy.kind, 'uid', copy.metadata.uid).at(0);
		return own === undefined ? !store.wasDeleted(copy.metadata.uid) : BigInt(revision) > BigInt(own.metadata.resourceVersion);
	};
	// This node describes itself, and what it forgot of its Node it will say again.
	const news = copies.filter(copy => copy.kind !== 'Node' && isNewer(copy));
	if (news.length === 0) return 0;
	await store.transact(transaction => {
		for (const copy of news) {
			const {[ownerRevisionAnnotation]: _, ...annotations} = copy.metadata.annotations ?? {};
			putNamed(transaction, {...copy, metadata: {...copy.metadata, annotations}});
		}
	});
	return news.length;
}
