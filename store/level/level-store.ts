import {filter, Observable, type Subscriber} from 'rxjs';
import {StoreError} from '../errors.js';
import type {EventLog} from '../event-log.js';
import {keyOf, keyText, type IndexName, type Kind, type ObjectKey, type ResourceOf} from '../resources/kinds.js';
import type {Change, Listing, Revision, Store, StoreHealth, Transaction} from '../store.js';
import type {Accepted} from './committer.js';
import {uidsLeftBy, type Deletions} from './deletions.js';
import {Draft} from './draft.js';
import type {Head} from './head.js';
import type {Health} from './health.js';
import {deletionKey} from './keys.js';
import {Journal, type JournalParts} from './journal.js';
import {expired, replay} from './replay.js';
import {formatRevision, parseRevision, type Position} from './revision.js';
import {scrub} from './scrub.js';
import type {Table} from './table.js';

/** What the store is made of, once it is open. */
export interface LevelStoreParts extends JournalParts {
	readonly table: Table;
	readonly deletions: Deletions;
	readonly events: EventLog;
	readonly randomUuid: () => string;
	/** Id of this node, the owner of what is first put here. */
	readonly nodeId?: string;
	/** Told of every position that is acknowledged. */
	readonly acknowledged: (position: Position) => void;
	/** Called once nothing can be written any more, before the database is closed. */
	readonly closing: () => Promise<void>;
	/** Called last. */
	readonly closed: () => Promise<void>;
}

/**
 * The store on LevelDB; see `openLevelStore`. It holds two tables: what is committed, which everybody reads, and what is accepted, against
 * which writers decide. They differ by what waits for its sync.
 */
export class LevelStore implements Store {
	readonly events: EventLog;
	/** The only writer of the database; also where events are saved through. */
	readonly journal: Journal;
	readonly #parts: LevelStoreParts;
	readonly #health: Health;
	readonly #committed: Table;
	readonly #watchers = new Set<Subscriber<Change>>();
	#head: Head;
	#pending: Table;
	#pendingHead: Head;
	#lastAccepted: Promise<void> = Promise.resolve();
	#closing: Promise<void> | undefined;

	constructor(parts: LevelStoreParts) {
		this.#parts = parts;
		this.events = parts.events;
		this.#health = parts.health;
		this.#committed = parts.table;
		this.#pending = parts.table.clone();
		this.#head = parts.head;
		this.#pendingHead = parts.head;
		this.journal = new Journal(parts, {
			committed: accepted => this.#publish(accepted),
			reset: () => this.#reset(),
		});
	}

	get<K extends Kind>(kind: K, key: ObjectKey): ResourceOf<K> | undefined {
		return this.#committed.get(kind, keyText(key));
	}

	list<K extends Kind>(kind: K, options: {readonly namespace?: string} = {}): Listing<ResourceOf<K>> {
		return {revision: this.revision(), items: this.#committed.list(kind, options.namespace)};
	}

	lookup<K extends Kind>(kind: K, index: IndexName, value: string): readonly ResourceOf<K>[] {
		return this.#committed.lookup(kind, index, value);
	}

	wasDeleted(uid: string): boolean {
		return this.#parts.deletions.has(uid);
	}

	revision(): Revision {
		return formatRevision(this.#head);
	}

	health(): StoreHealth {
		return this.#health.current;
	}

	healthChanges(): Observable<StoreHealth> {
		return this.#health.changes();
	}

	async transact<T>(work: (transaction: Transaction) => T): Promise<T> {
		if (this.#closing) throw new StoreError('Unavailable', 'The store is closed.');
		const {now, randomUuid, limits, nodeId} = this.#parts;
		const {epoch, counter} = this.#pendingHead;
		const draft = new Draft({table: this.#pending, epoch, counter, now: now(), randomUuid, limits, ...nodeId === undefined ? {} : {nodeId}});
		let result: T;
		try {
			result = work(draft);
			this.#checkWritable(draft);
		} catch (error) {
			draft.undo();
			throw error;
		} finally {
			draft.end();
		}
		if (draft.writes.length > 0) this.#accept(draft);
		// Without writes of its own: what it read may still wait for its sync, and must not be shown before.
		await this.#lastAccepted;
		return result;
	}

	changes<K extends Kind>({kind, since}: {readonly kind?: K; readonly since?: Revision}): Observable<Change<ResourceOf<K>>> {
		const ofKind = (change: Change): change is Change<ResourceOf<K>> => kind === undefined || change.object.kind === kind;
		return new Observable<Change>(subscriber => this.#follow(subscriber, since)).pipe(filter(ofKind));
	}

	/**
	 * Reads everything back from disk, slowly, and compares; what it finds is the store's health and the answer. The store goes on taking
	 * writes, because what it holds in memory was verified. Undefined when all is well.
	 */
	async scrub(options: {readonly signal?: AbortSignal} = {}): Promise<StoreError | undefined> {
		const damage = await scrub(this.journal.database, options);
		this.#health.report('records', damage && {writable: true, code: 'Corrupt', message: damage.message});
		if (damage) this.#parts.log.error('the store is damaged', {error: damage});
		return damage;
	}

	[Symbol.asyncDispose](): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	async #close(): Promise<void> {
		for (const watcher of this.#watchers) watcher.complete();
		this.#watchers.clear();
		await this.#parts.guard.close();
		await this.#parts.closing();
		await this.journal.close();
		this.#health.complete();
		await this.#parts.closed();
	}

	#checkWritable(draft: Draft): void {
		const {writable, code = 'Unavailable', message} = this.health();
		if (writable || draft.writes.length === 0) return;
		if (this.journal.open && code === 'DiskFull' && draft.freeing) return;
		throw new StoreError(code, message);
	}

	#accept({writes, counter}: Draft): void {
		const head = {...this.#pendingHead, counter, count: this.#pending.count, digest: this.#pending.digest};
		this.#pendingHead = head;
		this.#lastAccepted = new Promise((resolve, reject) => {
			this.journal.append({writes, head, at: this.#parts.now().getTime(), resolve, reject});
		});
		// Whoever waits for it hears of the failure; nobody has to.
		this.#lastAccepted.catch(() => undefined);
	}

	#reset(): void {
		this.#pending = this.#committed.clone();
		this.#pendingHead = this.#head;
		this.#lastAccepted = Promise.resolve();
	}

	#publish({writes, head}: Accepted): void {
		for (const {change: {object}, entry} of writes) {
			if (entry) this.#committed.set(entry);
			else this.#committed.delete(object.kind, keyText(keyOf(object)));
		}
		this.#head = head;
		this.#parts.acknowledged(head);
		this.#noteDeletions(writes);
		// Whoever begins to watch because of what is told here begins with the next commit.
		const watchers = [...this.#watchers];
		for (const {change} of writes) for (const watcher of watchers) watcher.next(change);
	}

	#noteDeletions(writes: Accepted['writes']): void {
		const {deletions} = this.#parts;
		for (const {change, counter} of writes) {
			const uids = uidsLeftBy(change);
			if (uids.length > 0) deletions.add(counter, uids);
		}
		if (deletions.isFull) this.journal.background(() => deletions.takeSurplus().map(counter => ({type: 'del', key: deletionKey(counter)})));
	}

	#follow(subscriber: Subscriber<Change>, since: Revision | undefined): () => void {
		const live = (): void => {
			if (this.#closing) subscriber.complete();
			else if (!subscriber.closed) this.#watchers.add(subscriber);
		};
		if (since === undefined) live();
		else this.#catchUp(subscriber, since).then(live, (error: unknown) => subscriber.error(asStoreError(error)));
		return () => this.#watchers.delete(subscriber);
	}

	/** Reads from disk until nothing is missing, so that a slow start buffers nothing; the last step and `live` share one turn. */
	async #catchUp(subscriber: Subscriber<Change>, since: Revision): Promise<void> {
		const position = parseRevision(since);
		if (position?.epoch !== this.#head.epoch || position.counter > this.#head.counter || position.counter < this.journal.history.first - 1) throw expired();
		let done = position.counter;
		while (done < this.#head.counter) {
			for await (const change of replay(this.journal.database, {from: done + 1, to: this.#head.counter})) {
				if (subscriber.closed) return;
				subscriber.next(change);
				done += 1;
			}
		}
	}
}

function asStoreError(error: unknown): StoreError {
	return error instanceof StoreError ? error : new StoreError('Unavailable', 'The history could not be read just now.', {cause: error});
}
