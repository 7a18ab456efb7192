import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {keyOf} from '../../store/resources/kinds.js';
import {compareOwnership, epochAnnotation, isOwnedBy, ownerAnnotation, ownerRevisionAnnotation, ownershipOf} from '../../store/resources/ownership.js';
import type {Store, Transaction} from '../../store/store.js';
import {putNamed} from '../copies/put-named.js';
import {containerFinalizer, isDeleting} from '../finalizers.js';
import type {Looks} from '../instance/looks.js';
import type {Inventory} from '../inventory.js';
import type {Clock} from '../ports/clock.js';
import type {Engines} from '../ports/engine.js';
import {PeerError} from '../ports/peers.js';
import type {Authority, RemoteInstance} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';

/** What taking orders needs. */
export interface AcceptOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly inventory: Inventory;
	readonly looks: Pick<Looks, 'has'>;
	readonly self: {readonly id: string; readonly name: string};
	readonly clock: Clock;
}

/** A proven node's order. */
export interface Order {
	readonly caller: string;
	readonly authority: Authority;
}

/** What this node does for others. Everything may be repeated. Throws `PeerError`: `Refused` when the caller may not order it, `Conflict` when a greater owner has. */
export interface Acceptance {
	/** Keeps an Instance as desired state of this node, also while it is cut off. Resolves once that is on disk. */
	assign(order: Order & {readonly instance: Instance}): Promise<void>;
	/** Ends an Instance; resolves with true once nothing of it is left. */
	terminate(order: Order & {readonly uid: string}, signal: AbortSignal): Promise<boolean>;
	/** Everything kept here for the caller. */
	list(caller: string): readonly RemoteInstance[];
}

/** A list of what the engines run may be this old when an end is looked for in it, in milliseconds. */
const listedMs = 500;
const graceSeconds = 10;
/** Ends without an Instance that are remembered: an order to run it that was sent before and comes later is refused. */
const mostEnded = 1000;

/** Takes orders from the proven owners of Services. */
export function createAcceptance({store, engines, inventory, looks, self, clock}: AcceptOptions): Acceptance {
	const ended = new Set<string>();
	const noteEnd = (uid: string): void => {
		ended.add(uid);
		const [oldest] = ended;
		if (ended.size > mostEnded && oldest !== undefined) ended.delete(oldest);
	};
	/** An order to end it is the positive record that a container needs to be removed, also when this node's store has lost its Instance. */
	const endLeft = async (uid: string, signal: AbortSignal): Promise<void> => {
		await Promise.all(engines.all.map(async engine => {
			const left = (await inventory.list(engine, {maxAgeMs: listedMs, signal})).filter(observation => observation.uid === uid);
			for (const {name} of left) {
				await engine.stop({name, uid}, {graceSeconds, signal});
				await engine.remove({name, uid}, {signal});
				inventory.forget(engine.name);
			}
		}));
	};

	return {
		async assign({caller, authority, instance}) {
			if (authority.owner !== caller || ownershipOf(instance).owner !== caller) throw new PeerError('Refused', `${caller} orders what ${authority.owner} owns`);
			if (!isBoundTo(instance, self)) throw new PeerError('Refused', `${instance.metadata.name} is bound to ${instance.spec.nodeName}, not to ${self.name}`);
			await store.transact(transaction => {
				const known = transaction.lookup('Instance', 'uid', instance.metadata.uid).find(({metadata}) => metadata.uid === instance.metadata.uid);
				if (!known && (ended.has(instance.metadata.uid) || store.wasDeleted(instance.metadata.uid))) throw new PeerError('NotFound', `${instance.metadata.name} was ended here and does not come back under this uid`);
				refuseLesser(transaction, instance, {authority, known});
				if (known && isDeleting(known)) return;
				putNamed(transaction, kept(instance, {known, authority}));
			});
		},
		async terminate({caller, authority, uid}, signal) {
			if (authority.owner !== caller) throw new PeerError('Refused', `${caller} orders what ${authority.owner} owns`);
			const named = store.lookup('Instance', 'uid', uid);
			const known = named.find(({metadata}) => metadata.uid === uid);
			if (!known) {
				// Another Instance took its container over: that one decides.
				if (named.length > 0) throw new PeerError('Refused', `what runs under ${uid} belongs to ${named[0]?.metadata.name ?? 'another Instance'}`);
				noteEnd(uid);
				await endLeft(uid, signal);
				return true;
			}
			if (!isBoundTo(known, self)) throw new PeerError('Refused', `${known.metadata.name} is bound to ${known.spec.nodeName}, not to ${self.name}`);
			await store.transact(transaction => {
				if (isOwnedBy(known, self.id) && !hasYielded(transaction, known, {caller})) throw new PeerError('Refused', `${known.metadata.name} is this node's own`);
				refuseLesser(transaction, known, {authority, known});
				const current = transaction.get('Instance', keyOf(known));
				if (current?.metadata.uid !== uid || isDeleting(current)) return;
				const ordered = isOwnedBy(current, self.id) ? keptFor(authority, current) : current;
				transaction.put({...ordered, metadata: {...ordered.metadata, deletionTimestamp: timestamp(clock.now())}});
			});
			return false;
		},
		list: caller => store.lookup('Instance', 'owned', caller).filter(instance => isBoundTo(instance, self)).map(instance => remoteOf(instance, looks)),
	};
}

/** What an owner is told of an Instance that is kept for it; nothing of how it is before this run of the agent has looked. */
export function remoteOf({metadata: {uid, resourceVersion, deletionTimestamp}, status}: Instance, looks: Pick<Looks, 'has'>): RemoteInstance {
	return {uid, revision: resourceVersion, state: deletionTimestamp === undefined ? 'kept' : 'ending', ...(status && looks.has(uid) ? {status} : {})};
}

/** Whether the Service of an Instance that this node bound as its owner is the caller's by now, who has heard of it and ends it before it was ever told to run it. */
function hasYielded(transaction: Transaction, instance: Instance, {caller}: {readonly caller: string}): boolean {
	const service = instance.metadata.ownerReferences?.find(reference => reference.controller === true)?.uid ?? '';
	return transaction.lookup('Service', 'uid', service).some(one => ownershipOf(one).owner === caller && compareOwnership(ownershipOf(one), ownershipOf(instance)) > 0);
}

/** The greatest owner of a Service that has ordered here counts, also against one that comes back and does not know it. */
function refuseLesser(transaction: Transaction, instance: Instance, {authority, known}: {readonly authority: Authority; readonly known: Instance | undefined}): void {
	const service = instance.metadata.ownerReferences?.find(reference => reference.controller === true)?.uid;
	const ordered = service === undefined ? [] : transaction.lookup('Instance', 'owner', service);
	const copies = service === undefined ? [] : transaction.lookup('Service', 'uid', service);
	const greater = [...(known ? [known] : []), ...ordered, ...copies].map(ownershipOf).find(ownership => compareOwnership(ownership, authority) > 0);
	if (greater) throw new PeerError('Conflict', `the service ${instance.spec.service} belongs to ${greater.owner ?? 'another node'} in epoch ${greater.epoch}`);
}

/** The owner's intent with this node's own observations. */
function kept(instance: Instance, {known, authority}: {readonly known: Instance | undefined; readonly authority: Authority}): Instance {
	const {status: _, ...said} = instance;
	const {deletionTimestamp: __, ...metadata} = said.metadata;
	const annotations = {...metadata.annotations, [ownerRevisionAnnotation]: metadata.resourceVersion};
	return keptFor(authority, {...said, metadata: {...metadata, annotations}, ...(known?.status ? {status: known.status} : {})});
}

/** As an executing node keeps what an owner has it run: it waits for nothing but the container. */
function keptFor({owner, epoch}: Authority, instance: Instance): Instance {
	const {metadata} = instance;
	return {...instance, metadata: {...metadata, finalizers: [containerFinalizer], annotations: {...metadata.annotations, [ownerAnnotation]: owner, [epochAnnotation]: String(epoch)}}};
}
