import type {Observable} from 'rxjs';
import type {EventLog} from './event-log.js';
import type {IndexName, Kind, ObjectKey, Resource, ResourceOf} from './resources/kinds.js';

/**
 * A revision: decimal text of `(store epoch << 40) | counter`. Opaque to users; rises with every write of this store, also after a restore.
 */
export type Revision = string;

/** A list at one revision. */
export interface Listing<T> {
	readonly revision: Revision;
	readonly items: readonly T[];
}

/** One write as watchers see it. A deletion carries the last state, with the revision of the deletion as its resourceVersion. */
export interface Change<R extends Resource = Resource> {
	readonly type: 'added' | 'modified' | 'deleted';
	readonly revision: Revision;
	readonly object: R;
	/** Labels and selectable fields before this write; absent when the object is new. Lets a selector see what left it. */
	readonly before?: {readonly labels: Readonly<Record<string, string>>; readonly fields: Readonly<Record<string, string>>};
}

/**
 * The view inside `transact`: reads see every write accepted before, also those whose sync is still under way.
 * It is only valid until the callback returns.
 */
export interface Transaction {
	get<K extends Kind>(kind: K, key: ObjectKey): ResourceOf<K> | undefined;
	lookup<K extends Kind>(kind: K, index: IndexName, value: string): readonly ResourceOf<K>[];
	/**
	 * Creates or replaces. The store owns `uid`, `creationTimestamp`, `generation` (one more whenever `spec` differs, and when
	 * `deletionTimestamp` appears) and `resourceVersion`; what the caller put there is ignored. An object deep-equal to the stored one
	 * is not written, and the stored one comes back. An object with `deletionTimestamp` and no finalizer left is deleted.
	 * The result is frozen, carries its revision, and is on disk once the promise of `transact` resolves.
	 */
	put<R extends Resource>(object: R): R;
	/**
	 * Creates or replaces an object as another node says it is: `uid`, `generation` and `creationTimestamp` are kept as given, only
	 * `resourceVersion` is this store's. Deep-equal to the stored one apart from that, it is not written.
	 */
	putCopy<R extends Resource>(object: R): R;
	/** Deletes at once, finalizers or not. Absent is success. */
	delete(kind: Kind, key: ObjectKey): void;
}

/** Whether the store takes writes, and if not, why. */
export interface StoreHealth {
	readonly writable: boolean;
	/** Deletions still pass when only space is short. */
	readonly code?: 'DiskFull' | 'Unavailable' | 'Corrupt';
	readonly message: string;
}

/**
 * What exists, and how it is remembered. Every object is held in memory and deeply frozen, so reads are synchronous and never wait for a disk.
 *
 * Promises, tested by the store's contract suite for every implementation:
 * - Nothing is acknowledged, readable or visible to a watcher before it is on disk (synced).
 * - Writes are ordered; one revision each; those of one `transact` are atomic and adjacent.
 * - A rejected `transact` wrote nothing, also after a restart.
 * - Not promised: a copy elsewhere.
 */
export interface Store extends AsyncDisposable {
	get<K extends Kind>(kind: K, key: ObjectKey): ResourceOf<K> | undefined;
	/** All objects of a kind (of one namespace) at one revision, ordered by key. */
	list<K extends Kind>(kind: K, options?: {readonly namespace?: string}): Listing<ResourceOf<K>>;
	/** What an index holds under a value; costs what it finds. */
	lookup<K extends Kind>(kind: K, index: IndexName, value: string): readonly ResourceOf<K>[];
	/**
	 * Whether a Service, or an Instance that named what runs under `uid`, was deleted here: the record on which work is ended that came true late. Written
	 * with the deletion itself and known across restarts, of the last 10 000 deletions. A store made of a backup knows of none before it.
	 */
	wasDeleted(uid: string): boolean;
	/** The latest revision that is on disk. */
	revision(): Revision;
	/**
	 * Runs `work` at once and synchronously, then resolves with its result after the sync of what it wrote. Throwing inside writes nothing.
	 * Rejects with a `StoreError`: `DiskFull`, `Unavailable`, `TooLarge`, `LimitReached`, `Invalid`, or what `work` threw.
	 */
	transact<T>(work: (transaction: Transaction) => T): Promise<T>;
	/**
	 * Changes of one kind, or of all: those after `since`, then those to come, without gap or repeat. Without `since`: those to come,
	 * beginning with the first commit after subscription. Errors with `StoreError('Expired')` when `since` is older than the history,
	 * or of another store. Emits synchronously with the commit; a slow subscriber must buffer or leave by itself.
	 */
	changes<K extends Kind>(options: {readonly kind?: K; readonly since?: Revision}): Observable<Change<ResourceOf<K>>>;
	health(): StoreHealth;
	/** Emits the current health on subscription and whenever it changes. */
	healthChanges(): Observable<StoreHealth>;
	readonly events: EventLog;
}
