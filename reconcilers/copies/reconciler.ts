import type {Cursor} from '../../store/resources/cursor.js';
import type {MemberRecord} from '../../store/resources/member.js';
import {conflictAnnotation, ownershipOf} from '../../store/resources/ownership.js';
import {clusterScoped, keyOf} from '../../store/resources/kinds.js';
import type {Kind, Resource, ResourceOf} from '../../store/resources/kinds.js';
import type {Store, Transaction} from '../../store/store.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import type {Log} from '../ports/log.js';
import type {Delta, Peers} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';
import {spreadKinds} from './delta.js';
import {digestOf} from './digest.js';
import {planOpinions} from './opinions.js';
import {planCopies} from './plan.js';
import type {CopyAction} from './plan.js';

/** What copying needs. */
export interface CopiesOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	/** Checks and stores what a peer says of the members. */
	readonly acceptMembers: (records: readonly MemberRecord[]) => Promise<void>;
	readonly clock: Clock;
	readonly log: Log;
}

/** Copies are compared whole with their owner's objects this often, in milliseconds. */
const compareEveryMs = 30_000;

/** Looks at one peer by id: copies what it has written since, or says here that it is silent. */
export function createCopiesReconciler(options: CopiesOptions): (key: string, signal: AbortSignal) => Promise<Outcome> {
	const {store, peers, clock} = options;
	const comparedMs = new Map<string, number>();
	/** A digest of all copies is sent along now and then: what no change tells of is found by it. */
	const isDue = (owner: string): boolean => {
		const nowMs = clock.monotonicMs();
		if (nowMs - (comparedMs.get(owner) ?? -Infinity) < compareEveryMs) return false;
		comparedMs.set(owner, nowMs);
		return true;
	};
	return async (key, signal) => {
		const peer = peers.members().find(({id}) => id === key);
		if (!peer) return done;
		if (peer.connected) await copy(key, {...options, compares: isDue(key)}, signal);
		const opinions = planOpinions({
			node: store.lookup('Node', 'owned', key).at(0), services: () => store.lookup('Service', 'owned', key),
			silentMs: peers.members().find(({id}) => id === key)?.silentMs ?? Infinity, now: timestamp(clock.now()),
		});
		if (opinions.objects.length > 0) {
			await store.transact(transaction => {
				for (const object of opinions.objects) transaction.putCopy(object);
			});
		}
		return opinions.againAfterMs === undefined ? done : again(opinions.againAfterMs);
	};
}

async function copy(owner: string, options: CopiesOptions & {readonly compares: boolean}, signal: AbortSignal): Promise<void> {
	const {store, self, peers, acceptMembers, compares} = options;
	const since = store.get('Cursor', {namespace: '', name: owner})?.spec.revision;
	const isDoubted = store.lookup('Node', 'owned', owner).some(({status}) => status?.conditions.some(({reason}) => reason === 'NodeSilent'));
	const delta = await peers.objectsSince(owner, since === undefined || isDoubted ? {} : {since, ...(compares ? {digest: digestOf(store, {owner, holder: self.id})} : {})}, {signal});
	await acceptMembers(delta.objects.flatMap(object => (object.kind === 'Member' ? [object.spec] : [])));
	if (delta.kind === 'changes' && delta.revision === since && delta.objects.length === 0 && delta.deleted.length === 0) return;
	await store.transact(transaction => write(transaction, owner, delta, options));
}

function write(transaction: Transaction, owner: string, delta: Delta, {self, log, store}: CopiesOptions): void {
	const find = (kind: Kind, uid: string): Resource | undefined => transaction.lookup(kind, 'uid', uid).at(0);
	const plan = planCopies({
		self, owner, delta, find,
		holder: object => transaction.get(object.kind, {namespace: clusterScoped.has(object.kind) ? '' : object.metadata.namespace ?? '', name: object.metadata.name}),
		copies: () => spreadKinds.flatMap((kind): readonly Resource[] => ownedIn(transaction, kind, owner)),
	});
	if (plan.refused.length > 0) log.warn('a node spoke of what it does not own', {node: owner, objects: plan.refused.map(({kind, metadata}) => `${kind} ${metadata.name}`)});
	for (const action of plan.actions) perform(transaction, action);
	if (transaction.get('Cursor', {namespace: '', name: owner})?.spec.revision === delta.revision) return;
	transaction.put<Cursor>({
		apiVersion: 'motey.io/v1', kind: 'Cursor',
		metadata: store.get('Cursor', {namespace: '', name: owner})?.metadata ?? {name: owner, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '1970-01-01T00:00:00Z'},
		spec: {revision: delta.revision},
	});
}

const ownedIn = <K extends Kind>(transaction: Transaction, kind: K, owner: string): readonly ResourceOf<K>[] => transaction.lookup(kind, 'owned', owner).filter(object => ownershipOf(object).owner === owner);

function perform(transaction: Transaction, action: CopyAction): void {
	switch (action.do) {
		case 'put':
			if (action.replaces) transaction.delete(action.replaces.kind, keyOf(action.replaces));
			transaction.putCopy(action.object);
			return;
		case 'rename': {
			const {[conflictAnnotation]: _, ...annotations} = action.object.metadata.annotations ?? {};
			transaction.delete(action.object.kind, keyOf({...action.object, metadata: {...action.object.metadata, annotations}}));
			transaction.putCopy(action.object);
			return;
		}
		case 'delete':
			transaction.delete(action.object.kind, keyOf(action.object));
			return;
		default:
			action satisfies never;
	}
}
