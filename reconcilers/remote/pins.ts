import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import {isDeleting} from '../finalizers.js';
import {PeerError} from '../ports/peers.js';
import type {PeerCallOptions, Peers, PinRequest} from '../ports/peers.js';
import {targetHash} from '../service/draft.js';
import {pinnedContent, withPin} from '../service/pins.js';
import {serviceOf} from '../service-of.js';

/** What deciding about contents needs. */
export interface PinsOptions {
	readonly store: Store;
	readonly self: {readonly id: string};
	readonly peers: Pick<Peers, 'members' | 'pin'>;
}

/** What a node may say when it asks; see `PinRequest`. */
export type PinOffer = Pick<PinRequest, 'platform' | 'contentId' | 'instead'>;

/**
 * Decides what an image stands for: the owner keeps, for each kind of machine, what the first node that runs it made of its name, so that all run
 * the very same. It stands in the Service's status, so that every node has a copy of it.
 */
export interface Pins {
	/** What is decided, as far as this node knows without asking. */
	known(instance: Instance, platform: string): string | undefined;
	/** Asks the owner. Where it cannot be asked, what is offered counts. */
	agree(instance: Instance, offer: PinOffer, options: PeerCallOptions): Promise<string | undefined>;
	/** The owner's answer. Throws `PeerError` when the caller does not run that Instance. */
	settle(caller: string, request: PinRequest): Promise<string | undefined>;
}

/** Safe to repeat: the first offer counts. */
export function createPins({store, self, peers}: PinsOptions): Pins {
	const settle: Pins['settle'] = async (caller, {uid, platform, contentId, instead}) => {
		const instance = store.lookup('Instance', 'uid', uid).find(({metadata}) => metadata.uid === uid);
		if (!instance || !isOwnedBy(instance, self.id) || !isBoundTo(instance, {id: caller, name: ''})) throw new PeerError('NotFound', `this node owns no instance ${uid} that ${caller} runs`);
		const scope = {image: instance.spec.image.name, platform, specHash: instance.spec.specHash};
		const present = serviceOf(store, instance);
		const known = present && pinnedContent(present, scope);
		if (contentId === undefined || (known !== undefined && known !== instead)) return known;
		return store.transact(transaction => {
			const service = serviceOf(transaction, instance);
			const before = service && pinnedContent(service, scope);
			if (!service || (before !== undefined && (before !== instead || isRunElsewhere(transaction, instance, before)))) return before;
			const entry = service.spec.images.find(({name}) => name === scope.image);
			// What is about to be replaced decides nothing any more.
			if (!entry || targetHash(service, entry) !== scope.specHash) return contentId;
			const pinned = withPin(service, scope, contentId);
			if (pinned !== service) transaction.put<Service>(pinned);
			return contentId;
		});
	};
	return {
		known(instance, platform) {
			const service = serviceOf(store, instance);
			return service && pinnedContent(service, {image: instance.spec.image.name, platform, specHash: instance.spec.specHash});
		},
		async agree(instance, offer, options) {
			const {owner = self.id} = ownershipOf(instance);
			const request = {uid: instance.metadata.uid, ...offer};
			try {
				if (owner === self.id) return await settle(self.id, request);
				if (!peers.members().some(({id, connected}) => id === owner && connected)) return offer.contentId;
				return await peers.pin(owner, request, options);
			} catch (error) {
				options.signal.throwIfAborted();
				if (error instanceof PeerError) return offer.contentId;
				throw error;
			}
		},
		settle,
	};
}

/** Whether another Instance of the same spec is known to run this content now. */
function isRunElsewhere(transaction: Transaction, {metadata, spec}: Instance, contentId: string): boolean {
	const service = metadata.ownerReferences?.find(({controller}) => controller)?.uid ?? '';
	return transaction.lookup('Instance', 'owner', service).some(other => other.metadata.uid !== metadata.uid && !isDeleting(other)
		&& other.spec.image.name === spec.image.name && other.status?.specHash === spec.specHash && other.status.contentId === contentId && other.status.phase === 'Running');
}
