import {ClusterError} from '../../api/ports/cluster.js';
import type {Member, MemberRecord, PeerAddress} from '../../store/resources/member.js';
import type {Store, Transaction} from '../../store/store.js';
import {isGenuine, outranks} from './member-record.js';

/** A record, and where its member may be. */
interface Told {
	readonly record: MemberRecord;
	readonly addresses: readonly PeerAddress[];
}

const keyOf = (id: string) => ({namespace: '', name: id});

/** Every member that is not forgotten, this node included. */
export function presentMembers(store: Pick<Store, 'list'>): readonly Member[] {
	return store.list('Member').items.filter(member => !member.spec.forgotten);
}

/** Stores a record and where its node may be reached; the addresses tried last stand last. */
export function putMember(transaction: Transaction, record: MemberRecord, addresses: readonly PeerAddress[] = []): Member {
	const known = transaction.get('Member', keyOf(record.id));
	const all = [...addresses, ...known?.status?.addresses ?? []];
	const unique = all.filter((one, at) => all.findIndex(other => other.host === one.host && other.port === one.port) === at).slice(0, 8);
	return transaction.put<Member>({
		apiVersion: 'motey.io/v1', kind: 'Member',
		metadata: known?.metadata ?? {name: record.id, uid: '', resourceVersion: '', generation: 1, creationTimestamp: record.since},
		spec: record,
		...(unique.length > 0 ? {status: {addresses: unique}} : {}),
	});
}

/** Stores what outranks what is known. The records must be genuine. Resolves with those that were new. */
export async function mergeMembers(store: Store, records: readonly Told[]): Promise<readonly MemberRecord[]> {
	const isNews = (record: MemberRecord): boolean => {
		const known = store.get('Member', keyOf(record.id));
		return !known || outranks(record, known.spec);
	};
	if (!records.some(({record}) => isNews(record))) return [];
	return store.transact(transaction => mergeIn(transaction, records));
}

/**
 * Stores the genuine records of a cluster that is entered. What its key has not signed is dropped: of a cluster that this node was in before,
 * nobody's keys may open anything, and no record outranks one of this.
 */
export async function enterMembers(store: Store, records: readonly Told[], clusterKey: string): Promise<void> {
	await store.transact(transaction => {
		for (const {spec} of store.list('Member').items) if (!isGenuine(spec, clusterKey)) transaction.delete('Member', keyOf(spec.id));
		mergeIn(transaction, records);
	});
}

function mergeIn(transaction: Transaction, records: readonly Told[]): readonly MemberRecord[] {
	return records.flatMap(({record, addresses}) => {
		const known = transaction.get('Member', keyOf(record.id));
		if (known && !outranks(record, known.spec)) return [];
		putMember(transaction, record, addresses);
		return [record];
	});
}

/** The member of this name or id. Throws `ClusterError`. */
export function findMember(store: Pick<Store, 'list'>, nameOrId: string): Member {
	const all = store.list('Member').items;
	const found = all.find(({spec}) => spec.id === nameOrId) ?? all.find(({spec}) => spec.name === nameOrId && !spec.forgotten) ?? all.find(({spec}) => spec.name === nameOrId);
	if (!found) throw new ClusterError('NotFound', `no member is called ${nameOrId}`, {fix: `Members are: ${all.map(({spec}) => spec.name).join(', ') || 'none, this node is in no cluster'}.`});
	return found;
}
