import type {Cursor} from '../../store/resources/cursor.js';
import type {MemberRecord} from '../../store/resources/member.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import {keyOf} from '../../store/resources/kinds.js';
import type {Kind, Resource, ResourceOf} from '../../store/resources/kinds.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {again, done, failed} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import type {Log} from '../ports/log.js';
import type {Delta, Peers} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';
import {spreadKinds} from './delta.js';
import {digestOf} from './digest.js';
import {keepConflict} from './keep-conflict.js';
import type {Yielded} from './keep-conflict.js';
import {planOpinions} from './opinions.js';
import {planCopies} from './plan.js';
import type {CopyAction} from './plan.js';
import {putNamed} from './put-named.js';

/** What copying needs. */
export interface CopiesOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	/** Checks and stores what a peer says of the members. */
	readonly acceptMembers: (records: readonly MemberRecord[]) => Promise<void>;
	readonly recorder: Recorder;
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
		if (!peer) {
			comparedMs.delete(key);
			await forgetIn(store, key);
			return done;
		}
		// That its word cannot be stored now must not keep this node from saying that it is silent.
		const failure = peer.connected ? await copy(key, {...options, compares: isDue(key)}, signal).then(() => undefined, failed) : undefined;
		const opinions = planOpinions({
			node: store.lookup('Node', 'owned', key).at(0), services: () => store.lookup('Service', 'owned', key),
			silentMs: peers.members().find(({id}) => id === key)?.silentMs ?? Infinity, now: timestamp(clock.now()),
		});
		if (opinions.objects.length > 0) await store.transact(transaction => opine(transaction, opinions.objects));
		return failure ?? (opinions.againAfterMs === undefined ? done : again(opinions.againAfterMs));
	};
}

/** Written only on what is still as it was looked at: its owner's next word may be on its way to the disk. */
function opine(transaction: Transaction, objects: readonly Resource[]): void {
	for (const object of objects) {
		if (transaction.get(object.kind, keyOf(object))?.metadata.resourceVersion === object.metadata.resourceVersion) transaction.putCopy(object);
	}
}

/** What a forgotten node said of itself, and its tokens, go with it; whoever forgot it takes over the rest. */
async function forgetIn(store: Store, owner: string): Promise<void> {
	if (store.get('Member', {namespace: '', name: owner})?.spec.forgotten !== true) return;
	await store.transact(transaction => forgetOwn(transaction, owner));
}

/** Deletes the copies that nobody takes over from a node that is lost for good, and how far they were copied. */
export function forgetOwn(transaction: Transaction, owner: string): void {
	for (const kind of ['Node', 'Token'] as const) {
		for (const object of ownedIn(transaction, kind, owner)) transaction.delete(kind, keyOf(object));
	}
	transaction.delete('Cursor', {namespace: '', name: owner});
}

const cursorOf = (reader: Pick<Transaction, 'get'>, owner: string): Cursor | undefined => reader.get('Cursor', {namespace: '', name: owner});

async function copy(owner: string, options: CopiesOptions & {readonly compares: boolean}, signal: AbortSignal): Promise<void> {
	const {store, self, peers, acceptMembers, compares} = options;
	for (;;) {
		const since = cursorOf(store, owner)?.spec.revision;
		const isDoubted = store.lookup('Node', 'owned', owner).some(({status}) => status?.conditions.some(({reason}) => reason === 'NodeSilent'));
		const delta = await peers.objectsSince(owner, since === undefined || isDoubted ? {} : {since, ...(compares ? {digest: digestOf(store, {owner, holder: self.id})} : {})}, {signal});
		await acceptMembers(delta.objects.flatMap(object => (object.kind === 'Member' ? [object.spec] : [])));
		if (delta.kind === 'changes' && delta.revision === since && delta.objects.length === 0 && delta.deleted.length === 0) return;
		const yielded = await store.transact(transaction => {
			// Another copy has been made meanwhile, perhaps of a later word: an older one over it would undo it.
			if (cursorOf(transaction, owner)?.spec.revision !== since) return undefined;
			return write(transaction, owner, delta, options);
		});
		if (yielded === undefined) continue;
		for (const one of yielded) tellYielded(one, owner, options);
		return;
	}
}

/** What one node's users changed and another's count more: an administrator decides about the rest. */
function tellYielded({service, kept, dropped}: Yielded, owner: string, {recorder, peers, log}: CopiesOptions): void {
	const name = peers.members().find(({id}) => id === owner)?.name ?? owner;
	const text = `${service.metadata.name} is owned by ${name} now, which took it over while this node was away`;
	if (kept) recorder.warning(service, 'Yielded', `${text}; what was changed here since is not in force, and kept: see motey diff --conflicts`);
	else recorder.normal(service, 'Yielded', text);
	for (const {metadata, spec} of dropped) log.warn('a conflict copy was dropped: there are too many', {namespace: metadata.namespace, name: spec.name, kept: spec.service});
}

function write(transaction: Transaction, owner: string, delta: Delta, {store, self, log}: CopiesOptions): readonly Yielded[] {
	// Forgotten while its answer was on its way: what it owned is another's now.
	if (transaction.get('Member', {namespace: '', name: owner})?.spec.forgotten === true) return [];
	const find = (kind: Kind, uid: string): Resource | undefined => transaction.lookup(kind, 'uid', uid).at(0);
	const plan = planCopies({
		self, owner, delta, find,
		copies: () => spreadKinds.flatMap((kind): readonly Resource[] => ownedIn(transaction, kind, owner)),
	});
	if (plan.refused.length > 0) log.warn('a node spoke of what it does not own', {node: owner, objects: plan.refused.map(({kind, metadata}) => `${kind} ${metadata.name}`)});
	const yielded = plan.actions.flatMap(({do: does, object}) => (does === 'put' && object.kind === 'Service' ? keepConflict(transaction, object, {selfId: self.id, wasDeleted: uid => store.wasDeleted(uid)}) ?? [] : []));
	for (const action of plan.actions) perform(transaction, action);
	const known = cursorOf(transaction, owner);
	if (known?.spec.revision === delta.revision) return yielded;
	transaction.put<Cursor>({
		apiVersion: 'motey.io/v1', kind: 'Cursor',
		metadata: known?.metadata ?? {name: owner, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '1970-01-01T00:00:00Z'},
		spec: {revision: delta.revision},
	});
	return yielded;
}

const ownedIn = <K extends Kind>(transaction: Transaction, kind: K, owner: string): readonly ResourceOf<K>[] => transaction.lookup(kind, 'owned', owner).filter(object => ownershipOf(object).owner === owner);

function perform(transaction: Transaction, action: CopyAction): void {
	switch (action.do) {
		case 'delete':
			transaction.delete(action.object.kind, keyOf(action.object));
			return;
		case 'put':
			putNamed(transaction, action.object);
			return;
		default:
			action satisfies never;
	}
}
