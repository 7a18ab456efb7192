import {adoptionAnnotation, adoptionOf, isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import {keyOf} from '../../store/resources/kinds.js';
import type {Service} from '../../store/resources/service.js';
import type {Store} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Leadership} from '../ports/leadership.js';
import type {Peers, PeerView} from '../ports/peers.js';
import {silentAfterMs} from '../service/fleet.js';
import {decideAdoption} from './decide.js';
import {dueOf, obstacleOf} from './due.js';

/** What taking over by itself needs. */
export interface AdoptionOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	readonly leadership: Leadership;
	/** Takes over these Services of an owner; resolves with them. */
	readonly adopt: (owner: string, only: ReadonlySet<string>) => Promise<readonly Service[]>;
	readonly recorder: Recorder;
}

/** Looks at one other member by id. */
export interface AdoptionReconciler {
	readonly reconcile: (owner: string, signal: AbortSignal) => Promise<Outcome>;
	/** What the taking over of a Service waits for, in one sentence; undefined while its owner is heard. */
	readonly outlookOf: (service: Service) => string | undefined;
}

/** How soon a former owner that is heard again is asked once more whether it has yielded. */
const unheardMs = 2000;
/** How often a node that has nothing to take over says that it misses an owner, too. */
const missedEveryMs = 5000;

/**
 * Takes over what an owner that stays silent owned, when this node is the one to do it; and notes of former owners that they know. Everything may be
 * repeated: what was taken over is another's then, and not found here any more.
 */
export function createAdoptionReconciler({store, self, peers, leadership, adopt, recorder}: AdoptionOptions): AdoptionReconciler {
	const waiting = new Map<string, string>();
	const nameOf = (id: string): string => (id === self.id ? self.name : peers.members().find(member => member.id === id)?.name ?? id);
	const instancesOf = ({metadata: {uid}}: Service) => store.lookup('Instance', 'owner', uid);

	const takeOver = async (peer: PeerView): Promise<Outcome> => {
		const due = dueOf({services: store.lookup('Service', 'owned', peer.id), instancesOf, silentMs: peer.silentMs});
		if (due.services.length === 0) {
			waiting.delete(peer.id);
			// Others may: not everybody has a copy of everything, and nobody is named before all have said so.
			await leadership.adopterOf({owner: peer.id, silentMs: due.afterMs, missedMs: peer.silentMs, wants: false});
			return again(Math.min(missedEveryMs, due.againAfterMs ?? missedEveryMs));
		}
		const word = await leadership.adopterOf({owner: peer.id, silentMs: due.afterMs, missedMs: peer.silentMs, wants: true});
		const members = peers.members().filter(({votes}) => votes !== false);
		const heard = [self.id, ...members.filter(({silentMs}) => silentMs < silentAfterMs).map(({id}) => id)];
		const decision = decideAdoption({services: due.services, silentMs: peer.silentMs, word, selfId: self.id, heard, members: members.length + 1, nameOf});
		if (decision.because !== '' && waiting.get(peer.id) !== decision.because) {
			const node = store.lookup('Node', 'owned', peer.id).at(0);
			if (node) recorder.warning(node, 'AdoptionWaits', `what ${peer.name} owns is not taken over yet: ${decision.because}`);
		}
		waiting.set(peer.id, decision.because);
		if (decision.take.length > 0) {
			const adopted = await adopt(peer.id, new Set(decision.take.map(({metadata: {uid}}) => uid)));
			for (const service of adopted) tellAdopted(recorder, service, {from: peer.name, to: self.name, because: `had been silent for ${Math.round(peer.silentMs / 1000)} s`});
		}
		const next = [decision.againAfterMs, due.againAfterMs].filter(ms => ms !== undefined);
		return next.length === 0 ? done : again(Math.min(...next));
	};

	const hearOut = async (peer: PeerView, signal: AbortSignal): Promise<Outcome> => {
		waiting.delete(peer.id);
		const unheard = ownUnheardBy(store, self.id, peer.id);
		if (!peer.connected || unheard.length === 0) return done;
		// That it has none of its own any more is not enough: it may have deleted it, unheard, and still has to learn that this was a conflict.
		const copied = new Map((await peers.copiesOf(peer.id, {owner: self.id}, {signal})).map(copy => [copy.metadata.uid, ownershipOf(copy).epoch]));
		const yielded = unheard.filter(service => (copied.get(service.metadata.uid) ?? 0) >= ownershipOf(service).epoch);
		if (yielded.length > 0) {
			await store.transact(transaction => {
				for (const service of yielded) {
					const current = transaction.get('Service', keyOf(service));
					const adoption = current && adoptionOf(current);
					if (!adoption || !isOwnedBy(current, self.id) || current.metadata.uid !== service.metadata.uid) continue;
					const next = {...adoption, unheard: adoption.unheard.filter(id => id !== peer.id)};
					transaction.put<Service>({...current, metadata: {...current.metadata, annotations: {...current.metadata.annotations, [adoptionAnnotation]: JSON.stringify(next)}}});
				}
			});
		}
		return yielded.length === unheard.length ? done : again(unheardMs);
	};

	return {
		async reconcile(owner, signal) {
			const peer = peers.members().find(({id}) => id === owner);
			if (!peer || peer.votes === false) {
				waiting.delete(owner);
				return done;
			}
			return peer.silentMs < silentAfterMs ? hearOut(peer, signal) : takeOver(peer);
		},
		outlookOf(service) {
			const owner = peers.members().find(({id}) => !isOwnedBy(service, self.id) && isOwnedBy(service, id));
			if (!owner || owner.silentMs < silentAfterMs) return undefined;
			const obstacle = obstacleOf(service, instancesOf(service));
			if (obstacle !== undefined) return `nobody takes it over from ${owner.name} by itself, because ${obstacle}; motey node forget ${owner.name} does`;
			const because = waiting.get(owner.id) ?? '';
			return because === '' ? `${owner.name} is silent; once that has lasted as long as failover.afterSeconds, another node takes it over` : `it is not taken over from ${owner.name} yet: ${because}`;
		},
	};
}

/** Tells of one Service that was taken over. */
export function tellAdopted(recorder: Recorder, service: Service, {from, to, because}: {readonly from: string; readonly to: string; readonly because: string}): void {
	const revision = adoptionOf(service)?.revision ?? '';
	recorder.normal(service, 'Adopted', `${to} has taken ${service.metadata.name} over from ${from}, which ${because}${revision === '' ? '' : `, as it was at its revision ${revision}`}`);
}

/** What this node has taken over from a node, or from one that had from it, of which that may not know. */
function ownUnheardBy(store: Store, selfId: string, peerId: string): readonly Service[] {
	return store.lookup('Service', 'owned', selfId).filter(service => adoptionOf(service)?.unheard.includes(peerId));
}
