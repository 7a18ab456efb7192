import {keyOf} from '../../store/resources/kinds.js';
import {adoptionOf, compareOwnership, isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {ConflictCopy} from '../../store/resources/conflict-copy.js';
import type {Service} from '../../store/resources/service.js';
import type {Transaction} from '../../store/store.js';
import {contentOf} from './content.js';

/** A node keeps so many conflict copies; the oldest goes when there is one more. */
export const mostConflictCopies = 100;

/** A Service that this node owned, and has no more. */
export interface Yielded {
	/** As its present owner says it is. */
	readonly service: Service;
	/** Whether something that had been changed here was kept beside it. */
	readonly kept: boolean;
	/** Conflict copies that went to make room. */
	readonly dropped: readonly ConflictCopy[];
}

/**
 * Before another's word replaces a Service: whether this node yields it by that, and if users changed it here after the state that was taken over,
 * keeps it as it was here. Undefined when nothing is yielded. One that both sides changed alike is no conflict; in doubt there is one.
 */
export function keepConflict(transaction: Transaction, incoming: Service, {selfId, wasDeleted}: {readonly selfId: string; readonly wasDeleted: (uid: string) => boolean}): Yielded | undefined {
	const {uid} = incoming.metadata;
	const known = transaction.lookup('Service', 'uid', uid).at(0);
	const adoption = adoptionOf(incoming);
	const {owner = '', epoch} = ownershipOf(incoming);
	if (owner === selfId) return undefined;
	if (known === undefined) {
		// Deleted here while others went by its copy.
		if (!wasDeleted(uid) || adoption?.unheard.includes(selfId) !== true || incoming.metadata.deletionTimestamp !== undefined) return undefined;
		return {service: incoming, kept: true, dropped: keep(transaction, incoming, {selfId})};
	}
	if (!isOwnedBy(known, selfId) || compareOwnership(ownershipOf(known), {owner, epoch}) >= 0) return undefined;
	const content = contentOf(known);
	// What waits for its end elsewhere was deleted here like what is gone already.
	const isGoing = known.metadata.deletionTimestamp !== undefined;
	const isAlike = isGoing ? incoming.metadata.deletionTimestamp !== undefined : content === contentOf(incoming);
	const isChanged = content !== adoption?.content && !isAlike;
	return {service: incoming, kept: isChanged, dropped: isChanged ? keep(transaction, incoming, {selfId, ...(isGoing ? {} : {own: known})}) : []};
}

function keep(transaction: Transaction, incoming: Service, {selfId, own}: {readonly selfId: string; readonly own?: Service}): readonly ConflictCopy[] {
	const {metadata: {name, namespace = '', uid}} = incoming;
	const {owner = '', epoch} = ownershipOf(incoming);
	transaction.put<ConflictCopy>({
		apiVersion: 'motey.io/v1', kind: 'ConflictCopy',
		metadata: {name: nameOf({name, uid, epoch}), namespace, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '1970-01-01T00:00:00Z'},
		spec: {...(own === undefined ? {} : {service: withoutStatus(own)}), name, uid, owner, epoch},
	});
	const surplus = transaction.lookup('ConflictCopy', 'owned', selfId).toSorted((a, b) => Number(BigInt(a.metadata.resourceVersion) - BigInt(b.metadata.resourceVersion))).slice(0, -mostConflictCopies);
	for (const one of surplus) transaction.delete('ConflictCopy', keyOf(one));
	return surplus;
}

const nameOf = ({name, uid, epoch}: {readonly name: string; readonly uid: string; readonly epoch: number}): string => `${name.slice(0, 40)}-${uid.slice(0, 8)}-${epoch}`;

function withoutStatus({status: _, ...said}: Service): Service {
	return said;
}
