import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import type {Looks} from '../instance/looks.js';
import {done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Peers, RemoteInstance} from '../ports/peers.js';
import {remoteOf} from './accept.js';

/** What telling owners needs. */
export interface ReportsOptions {
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	/** Only what this run of the agent has looked at is told. */
	readonly looks: Pick<Looks, 'has'>;
}

/** Tells owners what became of what they assigned here. */
export interface Reports {
	/** Tells one owner, by id, what it does not know yet. */
	readonly reconcile: (owner: string, signal: AbortSignal) => Promise<Outcome>;
	/** An Instance kept for another is gone: that is told until it has been heard. Answers the owner to tell. */
	readonly ended: (instance: Instance) => string | undefined;
	/** An owner is told everything again: its link was opened anew. */
	readonly forget: (owner: string) => void;
	/** Nobody is there any more to be told. */
	readonly drop: (owner: string) => void;
}

/** Remembers what each owner has confirmed, by revision; a new run of the agent tells everything once more. */
export function createReports({store, self, peers, looks}: ReportsOptions): Reports {
	const told = new Map<string, Map<string, string>>();
	const gone = new Map<string, Map<string, RemoteInstance>>();
	const isNews = (known: ReadonlyMap<string, string>) => (instance: Instance): boolean =>
		isBoundTo(instance, self) && looks.has(instance.metadata.uid) && known.get(instance.metadata.uid) !== instance.metadata.resourceVersion;

	return {
		async reconcile(owner, signal) {
			if (!peers.members().some(({id, connected}) => id === owner && connected)) return done;
			const known = told.get(owner) ?? new Map<string, string>();
			// Noted before it is told: whoever says meanwhile that all is to be told again is heard.
			told.set(owner, known);
			const endings = [...gone.get(owner)?.values() ?? []];
			const news = [...store.lookup('Instance', 'owned', owner).filter(isNews(known)).map(instance => remoteOf(instance, looks)), ...endings];
			if (news.length === 0) return done;
			await peers.report(owner, news, {signal});
			for (const {uid, revision} of news) known.set(uid, revision);
			for (const {uid} of endings) {
				gone.get(owner)?.delete(uid);
				known.delete(uid);
			}
			return done;
		},
		ended(instance) {
			const {owner} = ownershipOf(instance);
			if (owner === undefined || isOwnedBy(instance, self.id) || !isBoundTo(instance, self)) return undefined;
			const {uid, resourceVersion} = instance.metadata;
			const all = gone.get(owner) ?? new Map<string, RemoteInstance>();
			all.set(uid, {uid, revision: resourceVersion, state: 'ended'});
			gone.set(owner, all);
			return owner;
		},
		forget(owner) {
			told.delete(owner);
		},
		drop(owner) {
			told.delete(owner);
			gone.delete(owner);
		},
	};
}

/** Owners other than this node of what is bound to it. */
export function ownersServed(store: Store, self: {readonly id: string; readonly name: string}): readonly string[] {
	const bound = store.lookup('Instance', 'node', self.id).filter(instance => !isOwnedBy(instance, self.id));
	return [...new Set(bound.flatMap(instance => ownershipOf(instance).owner ?? []))];
}
