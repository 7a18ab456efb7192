import type {Instance} from '../../store/resources/instance.js';
import {needsMajority} from '../../store/resources/service.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import type {Clock} from '../ports/clock.js';
import {PeerError} from '../ports/peers.js';
import type {Peers} from '../ports/peers.js';
import {silentAfterMs} from '../service/fleet.js';
import {serviceOf} from '../service-of.js';

/** What granting needs. */
export interface LeaseGrantsOptions {
	readonly store: Store;
	readonly self: {readonly id: string};
	readonly peers: Pick<Peers, 'members'>;
	readonly clock: Clock;
}

/**
 * Leases that this node grants for Instances it owns and others run. In memory only: after a start nobody knows what was granted before it,
 * so whoever places anew waits as long as if it had been just then.
 */
export class LeaseGrants {
	readonly #options: LeaseGrantsOptions;
	#startedMs: number;
	readonly #grantedMs = new Map<string, number>();

	constructor(options: LeaseGrantsOptions) {
		this.#options = options;
		this.#startedMs = options.clock.monotonicMs();
	}

	/**
	 * True when the caller may run the Instance for another lease: it is bound there, still wanted, and no newer binding has its slot. Where another may
	 * take it over by itself, this node has to hear a majority to grant it: else it throws a `PeerError`, as if it were away, and the lease runs out.
	 */
	grant(caller: string, uid: string): boolean {
		const {store, self, clock} = this.#options;
		const instance = store.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
		if (!instance || !isOwnedBy(instance, self.id) || instance.spec.nodeId !== caller || isDeleting(instance) || isReplaced(store, instance)) return false;
		if (this.#needsMajority(instance) && !this.#hearsMajority()) throw new PeerError('Unreachable', 'this node hears no majority of the members, so another may have taken this over');
		this.#grantedMs.set(uid, clock.monotonicMs());
		return true;
	}

	#needsMajority(instance: Instance): boolean {
		const service = serviceOf(this.#options.store, instance);
		return service !== undefined && needsMajority(service.spec);
	}

	/** Over links that are open: at the start of an agent everybody counts as heard. */
	#hearsMajority(): boolean {
		const members = this.#options.peers.members().filter(({votes}) => votes !== false);
		const heard = members.filter(({connected, silentMs}) => connected && silentMs < silentAfterMs);
		return (heard.length + 1) * 2 > members.length + 1;
	}

	/** Work was taken over whose former owner may have granted leases until now. */
	takenOver(): void {
		this.#startedMs = this.#options.clock.monotonicMs();
	}

	/** For how long none of it has been granted, in milliseconds; since the start, or the last taking over, if none ever was. */
	sinceMs(uid: string): number {
		return this.#options.clock.monotonicMs() - this.lastMs(uid);
	}

	/** The Instance is gone. */
	forget(uid: string): void {
		this.#grantedMs.delete(uid);
	}

	/** When a lease of it may have been granted last, on the monotonic clock. */
	lastMs(uid: string): number {
		return this.#grantedMs.get(uid) ?? this.#startedMs;
	}
}

/** Whether its slot was bound anew since: then only the newest binding may run. */
function isReplaced(store: Store, {metadata: {ownerReferences}, spec: {image, slot, binding}}: Instance): boolean {
	const service = ownerReferences?.find(({controller}) => controller)?.uid;
	const others = service === undefined ? [] : store.lookup('Instance', 'owner', service);
	return others.some(({spec}) => spec.image.name === image.name && spec.slot === slot && spec.binding > binding);
}
