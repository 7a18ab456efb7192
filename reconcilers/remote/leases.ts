import {Subject} from 'rxjs';
import type {Observable} from 'rxjs';
import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {keyOf, keyText, parseKey} from '../../store/resources/kinds.js';
import {needsMajority} from '../../store/resources/service.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import {PeerError} from '../ports/peers.js';
import type {Peers} from '../ports/peers.js';
import {serviceOf} from '../service-of.js';

/** From the sending of the request that was answered: the owner waits for longer before it places anew (contract: atMostOne). */
const leaseMs = 45_000;
/** A lease is renewed this often, in milliseconds. */
const renewMs = 15_000;
/** How soon an owner that did not answer is asked again. */
const askAgainMs = 2000;
/** A new run of the agent knows of no lease; so long it lets run what runs while it asks. */
const firstAskMs = 5000;

/** `free`: no lease is needed. `asked`: not answered yet, so nothing is started and nothing stopped. `lost`: it may run nowhere but where it holds. */
export type LeaseStanding = 'free' | 'held' | 'asked' | 'lost';

/** What leases need. */
export interface LeasesOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Pick<Peers, 'members' | 'lease'>;
	/** Grants a lease of an own Instance; throws a `PeerError` when this node may not now. */
	readonly grant: (uid: string) => boolean;
	/** Milliseconds that never run backwards and go on while the machine sleeps. */
	readonly bootMs: () => number;
}

/** The leases under which this node runs at-most-one Instances: those of other owners, and own ones that others may take over by themselves. */
export class Leases {
	readonly #options: LeasesOptions;
	readonly #heldUntilMs = new Map<string, number>();
	readonly #firstSeenMs = new Map<string, number>();
	readonly #changes = new Subject<string>();

	constructor(options: LeasesOptions) {
		this.#options = options;
	}

	/** Keys of Instances whose standing has changed. */
	get changes(): Observable<string> {
		return this.#changes.asObservable();
	}

	/** Keys of the Instances that need a lease here. */
	keys(): readonly string[] {
		const {store, self} = this.#options;
		return store.lookup('Instance', 'node', self.id).filter(instance => this.#needsLease(instance)).map(instance => keyText(keyOf(instance)));
	}

	/** Whether the Instance may run here now. */
	standingOf(instance: Instance): LeaseStanding {
		if (!this.#needsLease(instance)) return 'free';
		const {uid} = instance.metadata;
		const nowMs = this.#options.bootMs();
		const untilMs = this.#heldUntilMs.get(uid);
		if (untilMs !== undefined) return nowMs < untilMs ? 'held' : 'lost';
		const firstMs = this.#firstSeenMs.get(uid) ?? nowMs;
		this.#firstSeenMs.set(uid, firstMs);
		return nowMs - firstMs < firstAskMs ? 'asked' : 'lost';
	}

	/** Looks at one Instance: asks its owner in time, and says when its standing changes. */
	readonly reconcile = async (key: string, signal: AbortSignal): Promise<Outcome> => {
		const {store, bootMs} = this.#options;
		const instance = store.get('Instance', parseKey(key));
		if (!instance || !this.#needsLease(instance)) return done;
		const {uid} = instance.metadata;
		const before = this.standingOf(instance);
		const sentMs = bootMs();
		const granted = await this.#ask(instance, signal);
		if (granted === true) this.#heldUntilMs.set(uid, sentMs + leaseMs);
		if (granted === false) this.#heldUntilMs.set(uid, sentMs);
		const after = this.standingOf(instance);
		if (after !== before || after === 'lost') this.#changes.next(key);
		if (granted === true) return again(renewMs);
		const leftMs = Math.max(0, (this.#heldUntilMs.get(uid) ?? (this.#firstSeenMs.get(uid) ?? sentMs) + firstAskMs) - bootMs());
		return again(leftMs > 0 ? Math.min(askAgainMs, leftMs + 1) : askAgainMs);
	};

	/** What is gone needs no lease any more. */
	forget(uid: string): void {
		this.#heldUntilMs.delete(uid);
		this.#firstSeenMs.delete(uid);
	}

	/** Undefined when the owner did not answer. */
	async #ask(instance: Instance, signal: AbortSignal): Promise<boolean | undefined> {
		const {peers, self, grant} = this.#options;
		const {owner} = ownershipOf(instance);
		const isThere = owner === self.id || peers.members().some(({id, connected}) => id === owner && connected);
		if (owner === undefined || !isThere) return undefined;
		try {
			return owner === self.id ? grant(instance.metadata.uid) : await peers.lease(owner, {uid: instance.metadata.uid}, {signal});
		} catch (error) {
			if (error instanceof PeerError) return undefined;
			throw error;
		}
	}

	#needsLease(instance: Instance): boolean {
		const {self} = this.#options;
		return instance.spec.leased === true && isBoundTo(instance, self) && (!isOwnedBy(instance, self.id) || this.#needsMajority(instance)) && !isDeleting(instance);
	}

	/** What another may take over by itself runs under a lease at its owner, too. */
	#needsMajority(instance: Instance): boolean {
		const service = serviceOf(this.#options.store, instance);
		return service !== undefined && needsMajority(service.spec);
	}
}
