import {Subject} from 'rxjs';
import type {Observable} from 'rxjs';
import type {Instance} from '../../store/resources/instance.js';
import {isBoundTo} from '../../store/resources/instance.js';
import {keyOf, keyText, parseKey} from '../../store/resources/kinds.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {containerFinalizer, holds, isDeleting, withoutFinalizers} from '../finalizers.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import {PeerError} from '../ports/peers.js';
import type {Authority, Peers, PeerView} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';
import {leaseOverMs} from '../service/failover.js';
import type {LeaseGrants} from './lease-grants.js';

/** What ordering work from other nodes needs. */
export interface AssignmentsOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	readonly recorder: Recorder;
	readonly clock: Clock;
	readonly leases: Pick<LeaseGrants, 'sinceMs'>;
}

/** What was ordered, of which nothing has changed since. */
interface Assigned {
	readonly nodeId: string;
	readonly generation: number;
	readonly epoch: number;
}

/** How long after an ordered end is asked again whether it has come; a report that comes earlier says so earlier. */
const endingMs = 2000;

/** Orders from other nodes what this node owns and has bound there. */
export interface Assignments {
	/** Looks at one Instance (`namespace/name`): has it kept there, or ended, and remembers what was answered. */
	readonly reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
	/** Everything this node owns on a node is to be assigned there again: its link was opened anew, or it lost something. */
	readonly forget: (nodeId: string) => void;
	/** An Instance is gone. */
	readonly ended: (uid: string) => void;
	/** Keys of what `forget` was told of. */
	readonly forgotten: Observable<string>;
}

/** Every order may be repeated, so what was ordered is only remembered to keep silent: a new run of the agent orders everything once more. */
export function createAssignments({store, self, peers, recorder, leases, clock}: AssignmentsOptions): Assignments {
	const assigned = new Map<string, Assigned>();
	const forgotten = new Subject<string>();

	const peerOf = (nodeId: string | undefined): PeerView | undefined => peers.members().find(({id}) => id === nodeId);

	/** It was ended there, which this node has forgotten, as after a restore: its slot is filled by another binding, under another uid. */
	const bindAnew = async (key: string, uid: string): Promise<void> => {
		await store.transact(transaction => {
			const current = transaction.get('Instance', parseKey(key));
			if (current?.metadata.uid !== uid || isDeleting(current)) return;
			transaction.put({...current, metadata: {...current.metadata, deletionTimestamp: timestamp(clock.now())}});
		});
	};

	const reconcile = async (key: string, signal: AbortSignal): Promise<Outcome> => {
		const instance = store.get('Instance', parseKey(key));
		if (!instance || isBoundTo(instance, self) || !isOwnedBy(instance, self.id)) return done;
		const {nodeId} = instance.spec;
		const authority: Authority = {epoch: ownershipOf(instance).epoch, owner: self.id};
		if (isDeleting(instance)) return end(key, {instance, authority, signal});
		const peer = peerOf(nodeId);
		// One that is away is ordered when its link is open again, which is a trigger of its own.
		if (!peer?.connected) return done;
		const {uid, generation} = instance.metadata;
		const before = assigned.get(uid);
		if (before?.nodeId === peer.id && before.generation === generation && before.epoch === authority.epoch) return done;
		// Noted before it is sent: if it is to be assigned again because of what happens meanwhile, that must not be lost.
		const order: Assigned = {nodeId: peer.id, generation, epoch: authority.epoch};
		assigned.set(uid, order);
		try {
			await peers.assign(peer.id, {instance, authority}, {signal});
		} catch (error) {
			if (assigned.get(uid) === order) assigned.delete(uid);
			if (!(error instanceof PeerError) || error.code !== 'NotFound') throw error;
			await bindAnew(key, uid);
		}
		return done;
	};

	const end = async (key: string, {instance, authority, signal}: {readonly instance: Instance; readonly authority: Authority; readonly signal: AbortSignal}): Promise<Outcome> => {
		if (!holds(instance, containerFinalizer)) return done;
		const {spec: {nodeId}, metadata: {uid}} = instance;
		const peer = peerOf(nodeId);
		if (peer?.connected === false) return done;
		if (!peer) {
			// Of a node that is no member, but was not forgotten either, nothing is concluded.
			if (nodeId === undefined || store.get('Member', {namespace: '', name: nodeId})?.spec.forgotten !== true) return done;
			const leaseLeftMs = instance.spec.leased === true ? leaseOverMs - leases.sinceMs(uid) : 0;
			if (leaseLeftMs > 0) return again(leaseLeftMs);
		}
		// What a forgotten node may still run is declared ended by whoever forgot it.
		const ended = !peer || await peers.terminate(peer.id, {uid, authority}, {signal});
		if (!ended) return again(endingMs);
		await store.transact(transaction => {
			const current = transaction.get('Instance', parseKey(key));
			if (current?.metadata.uid === uid) transaction.put(withoutFinalizers(current, containerFinalizer));
		});
		if (peer) recorder.normal(instance, 'Ended', `${instance.metadata.name} has ended on ${instance.spec.nodeName}`);
		return done;
	};

	return {
		reconcile,
		forget(nodeId) {
			for (const [uid, one] of assigned) if (one.nodeId === nodeId) assigned.delete(uid);
			for (const instance of store.lookup('Instance', 'node', nodeId)) if (isOwnedBy(instance, self.id)) forgotten.next(keyText(keyOf(instance)));
		},
		ended(uid) {
			assigned.delete(uid);
		},
		forgotten: forgotten.asObservable(),
	};
}

/** Keys of the Instances that this node owns and has bound to others. */
export function assignmentKeys(store: Store, self: {readonly id: string; readonly name: string}): readonly string[] {
	return store.list('Instance').items
		.filter(instance => isOwnedBy(instance, self.id) && !isBoundTo(instance, self))
		.map(instance => keyText(keyOf(instance)));
}
