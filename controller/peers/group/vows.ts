import {createHash} from 'node:crypto';
import type {GroupMember} from '../../../store/resources/group-member.js';
import type {Store} from '../../../store/store.js';

/** What is remembered of a member that lives here; see `GroupMember`. */
export type Vow = GroupMember['spec'];

/** All members that live on this node, whether or not their programs are there. */
export function vowsOf(store: Store): readonly Vow[] {
	return store.list('GroupMember').items.map(({spec}) => spec);
}

/** Resolves once it is on disk; rejects with a `StoreError` when it is not, and then nobody may be told. */
export async function putVow(store: Store, vow: Vow): Promise<void> {
	await store.transact(transaction => transaction.put({
		apiVersion: 'motey.io/v1', kind: 'GroupMember', spec: vow,
		metadata: {name: nameOf(vow), uid: '', resourceVersion: '', generation: 1, creationTimestamp: '1970-01-01T00:00:00Z'},
	}));
}

/** A name of a store's alphabet and length, whatever group and worker are called. */
const nameOf = ({group, worker}: Pick<Vow, 'group' | 'worker'>): string => createHash('sha256').update(`${group} ${worker ?? ''}`).digest('hex').slice(0, 32);
