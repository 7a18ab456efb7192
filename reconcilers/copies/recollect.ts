import type {Resource} from '../../store/resources/kinds.js';
import {isOwnedBy, ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import {isSpread, spreadKinds} from './delta.js';
import {putNamed} from './put-named.js';

/** Takes back what one member has copied of this node's own objects and this node does not know, or knows an older state of. Removes nothing. Resolves with the number of objects that were taken. */
export type TakeBack = (copies: readonly Resource[]) => Promise<number>;

/** What was last written before the backup was restored, as far as this node knows by now. */
interface Recalled {
	/** The owner's. */
	readonly revision: string;
	readonly generation: number;
}

/**
 * Begins to take back from the members, after a restore. Of what several of them have the newest counts, whoever answers first; what is changed or
 * deleted here meanwhile stays. Begin before anything else writes: the revisions of what is written after a restore are greater than all before.
 */
export function beginTakingBack(store: Store, selfId: string): TakeBack {
	const own = spreadKinds.flatMap((kind): readonly Resource[] => store.list(kind).items).filter(object => isOwnedBy(object, selfId));
	const recalled = new Map<string, Recalled>(own.map(({metadata: {uid, resourceVersion, generation}}) => [uid, {revision: resourceVersion, generation}]));

	const isNewer = (copy: Resource): boolean => {
		const revision = ownerRevisionOf(copy);
		if (revision === undefined || !isSpread(copy, selfId) || ownershipOf(copy).owner !== selfId) return false;
		const {uid} = copy.metadata;
		const present = store.lookup(copy.kind, 'uid', uid).at(0);
		if (present === undefined) return !store.wasDeleted(uid);
		const known = recalled.get(uid);
		if (known === undefined) return BigInt(revision) > BigInt(present.metadata.resourceVersion);
		return BigInt(revision) > BigInt(known.revision) && present.metadata.generation === known.generation && !isDeleting(present);
	};

	return async copies => {
		// This node describes itself, and what it forgot of its Node it will say again.
		const news = copies.filter(copy => copy.kind !== 'Node' && isNewer(copy));
		if (news.length === 0) return 0;
		await store.transact(transaction => {
			for (const copy of news) {
				const {[ownerRevisionAnnotation]: _, ...annotations} = copy.metadata.annotations ?? {};
				putNamed(transaction, {...copy, metadata: {...copy.metadata, annotations}});
			}
		});
		for (const copy of news) recalled.set(copy.metadata.uid, {revision: ownerRevisionOf(copy) ?? '', generation: copy.metadata.generation});
		return news.length;
	};
}
