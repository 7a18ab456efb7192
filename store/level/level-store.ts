import {BehaviorSubject, distinctUntilChanged, Observable, type Subscriber} from 'rxjs';
import {StoreError} from '../errors.js';
import type {EventLog} from '../event-log.js';
import {keyOf, keyText, type IndexName, type Kind, type ObjectKey, type ResourceOf} from '../resources/kinds.js';
import type {Change, Listing, Revision, Store, StoreHealth, Transaction} from '../store.js';
import {commitGroup, takeGroup, type Accepted} from './committer.js';
import {isDiskFull, type Database} from './database.js';
import {Draft} from './draft.js';
import type {Head} from './head.js';
import type {History} from './history.js';
import type {StoreLimits} from './limits.js';
import type {Loaded} from './load.js';
import {expired, replay} from './replay.js';
import {formatRevision, parseRevision} from './revision.js';
import type {Table} from './table.js';

/** What the store is made of, once it is open. */
export interface LevelStoreParts {
	readonly database: Database;
	readonly loaded: Loaded;
	readonly events: EventLog;
	readonly limits: StoreLimits;
	readonly now: () => Date;
	readonly randomUuid: () => string;
	readonly close: () => Promise<void>;
}

const healthy: StoreHealth = {writable: true, message: ''};

/** The store on LevelDB; see `openLevelStore`. */
export class LevelStore implements Store {
	readonly events: EventLog;
	readonly #parts: LevelStoreParts;
	readonly #database: Database;
	readonly #history: History;
	readonly #committed: Table;
	#pending: Table;
	#head: Head;
	#pendingHead: Head;
	readonly #queue: Accepted[] = [];
	#flushing: Promise<void> | undefined;
	#lastAccepted: Promise<void> = Promise.resolve();
	readonly #watchers = new Set<Subscriber<Change>>();
	readonly #health = new BehaviorSubject<StoreHealth>(healthy);
	#closed = false;

	constructor(parts: LevelStoreParts) {
		this.#parts = parts;
		this.events = parts.events;
		this.#database = parts.database;
		this.#history = parts.loaded.history;
		this.#committed = parts.loaded.table;
		this.#pending = parts.loaded.table.clone();
		this.#head = parts.loaded.head;
		this.#pendingHead = parts.loaded.head;
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

	revision(): Revision {
		return formatRevision(this.#head);
	}

	health(): StoreHealth {
		return this.#health.value;
	}

	healthChanges(): Observable<StoreHealth> {
		return this.#health.pipe(distinctUntilChanged());
	}

	async transact<T>(work: (transaction: Transaction) => T): Promise<T> {
		if (this.#closed) throw new StoreError('Unavailable', 'The store is closed.');
		const now = this.#parts.now();
		const draft = new Draft({table: this.#pending, epoch: this.#pendingHead.epoch, counter: this.#pendingHead.counter, now, randomUuid: this.#parts.randomUuid, limits: this.#parts.limits});
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
		if (draft.writes.length > 0) this.#accept(draft, now.getTime());
		await this.#lastAccepted;
		return result;
	}

	changes<K extends Kind>({kind, since}: {readonly kind?: K; readonly since?: Revision}): Observable<Change<ResourceOf<K>>> {
		return new Observable(subscriber => {
			const wanted = (change: Change): change is Change<ResourceOf<K>> => kind === undefined || change.object.kind === kind;
			const follower = new Observable<Change>(inner => this.#follow(inner, since)).subscribe({
				next: change => {
					if (wanted(change)) subscriber.next(change);
				},
				error: (error: unknown) => subscriber.error(error),
				complete: () => subscriber.complete(),
			});
			return follower;
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		await this.#flushing;
		for (const watcher of this.#watchers) watcher.complete();
		this.#watchers.clear();
		this.#health.complete();
		await this.#database.close();
		await this.#parts.close();
	}

	#checkWritable(draft: Draft): void {
		const {writable, code = 'Unavailable', message} = this.#health.value;
		if (writable || draft.writes.length === 0 || (code === 'DiskFull' && draft.freeing)) return;
		throw new StoreError(code, message);
	}

	#accept(draft: Draft, at: number): void {
		this.#pendingHead = {...this.#pendingHead, counter: draft.counter, count: this.#pending.count, digest: this.#pending.digest};
		const head = this.#pendingHead;
		this.#lastAccepted = new Promise((resolve, reject) => {
			this.#queue.push({writes: draft.writes, head, at, resolve, reject});
		});
		this.#lastAccepted.catch(() => undefined);
		this.#flushing ??= this.#flush().finally(() => {
			this.#flushing = undefined;
		});
	}

	async #flush(): Promise<void> {
		await Promise.resolve();
		while (this.#queue.length > 0) {
			const group = takeGroup(this.#queue);
			try {
				await commitGroup(this.#database, group);
			} catch (error) {
				this.#fail([...group, ...this.#queue.splice(0)], error);
				return;
			}
			for (const accepted of group) this.#publish(accepted);
		}
	}

	#fail(lost: readonly Accepted[], cause: unknown): void {
		const code = isDiskFull(cause) ? 'DiskFull' : 'Unavailable';
		const message = code === 'DiskFull' ? 'No space left on the device of the store.' : 'The store could not write to its disk.';
		this.#health.next({writable: false, code, message});
		this.#pending = this.#committed.clone();
		this.#pendingHead = this.#head;
		this.#lastAccepted = Promise.resolve();
		for (const {reject} of lost) reject(new StoreError(code, message, {cause}));
	}

	#publish({writes, head, at, resolve}: Accepted): void {
		for (const {change, entry, text} of writes) {
			if (entry) this.#committed.set(entry);
			else this.#committed.delete(change.object.kind, keyText(keyOf(change.object)));
			this.#history.append({at, bytes: text.length});
		}
		this.#head = head;
		for (const {change} of writes) for (const watcher of [...this.#watchers]) watcher.next(change);
		resolve();
	}

	#follow(subscriber: Subscriber<Change>, since: Revision | undefined): () => void {
		const live = (): void => {
			this.#watchers.add(subscriber);
		};
		if (since === undefined) live();
		else this.#catchUp(subscriber, since).then(live, (error: unknown) => subscriber.error(error));
		return () => this.#watchers.delete(subscriber);
	}

	async #catchUp(subscriber: Subscriber<Change>, since: Revision): Promise<void> {
		const position = parseRevision(since);
		const known = position?.epoch === this.#head.epoch && position.counter <= this.#head.counter && position.counter >= this.#history.first - 1;
		if (!position || !known) throw expired();
		let done = position.counter;
		while (done < this.#head.counter) {
			for await (const change of replay(this.#database, {from: done + 1, to: this.#head.counter})) {
				if (subscriber.closed) return;
				subscriber.next(change);
				done += 1;
			}
		}
	}
}
