import {setTimeout as delay} from 'node:timers/promises';
import {StoreError} from '../errors.js';
import {commitGroup, takeGroup, type Accepted} from './committer.js';
import {databasePath, isDiskFull, openDatabase, type Database, type Operation} from './database.js';
import type {Guard} from './guard.js';
import {corrupt, type Head} from './head.js';
import type {Health} from './health.js';
import type {History} from './history.js';
import {logKey} from './keys.js';
import type {StoreLimits} from './limits.js';
import {load, type Loaded} from './load.js';
import {sameJson} from './same-json.js';
import type {Space} from './space.js';
import type {StoreLog} from './store-log.js';

/** What the journal is made of, and whom it tells. */
export interface JournalParts {
	readonly directory: string;
	readonly database: Database;
	readonly head: Head;
	readonly history: History;
	readonly limits: StoreLimits;
	readonly health: Health;
	readonly guard: Guard;
	readonly space: Space;
	readonly log: StoreLog;
	readonly now: () => Date;
	/** Told of every synced batch, for metrics. */
	readonly synced: (batch: SyncedBatch) => void;
}

/** One synced batch: how many writes it held, and how long it took in milliseconds. */
export interface SyncedBatch {
	readonly outcome: 'ok' | 'failed';
	readonly writes: number;
	readonly durationMs: number;
}

/** Whom the journal tells. */
export interface JournalListener {
	/** A transaction is on disk. Called in the order of acceptance, before its promise resolves. */
	committed(accepted: Accepted): void;
	/** Everything accepted but not yet committed is lost or undecided: begin again from what is committed. */
	reset(): void;
}

const firstRetryMs = 100;
const longestRetryMs = 30_000;
const trimSlice = 1_000;

/**
 * The only writer of the database. Everything that waits while a sync is under way shares the next one. After a write error nothing is
 * acknowledged until the database has been closed, opened and verified, because LevelDB goes on behind a torn record and may still bring
 * up a batch that it reported as failed: the transactions of that batch wait until it is seen whether they are on disk.
 */
export class Journal {
	readonly #parts: JournalParts;
	readonly #listener: JournalListener;
	readonly #queue: Accepted[] = [];
	readonly #chores: (() => readonly Operation[])[] = [];
	readonly #closing = new AbortController();
	#database: Database;
	#head: Head;
	#history: History;
	#working = false;
	#running: Promise<void> = Promise.resolve();
	#undecided: readonly Accepted[] = [];

	constructor(parts: JournalParts, listener: JournalListener) {
		this.#parts = parts;
		this.#listener = listener;
		this.#database = parts.database;
		this.#head = parts.head;
		this.#history = parts.history;
	}

	/** The open database; another one after a write error. */
	get database(): Database {
		return this.#database;
	}

	/** The last position on disk, with what is known of it. */
	get head(): Head {
		return this.#head;
	}

	get history(): History {
		return this.#history;
	}

	/** False while the database is being reopened: nothing at all can then be written. */
	get open(): boolean {
		return !this.#parts.health.has('disk') && !this.#parts.guard.fenced;
	}

	/** Queues a transaction. */
	append(accepted: Accepted): void {
		this.#queue.push(accepted);
		this.#run();
	}

	/** Queues operations that need no sync; they are asked for when it is their turn. Ignored once the journal is closed. */
	background(chore: () => readonly Operation[]): void {
		if (this.#closing.signal.aborted) return;
		this.#chores.push(chore);
		this.#run();
	}

	/** Writes what is queued, then closes the database. Gives up on a database that cannot be opened. */
	async close(): Promise<void> {
		this.#closing.abort();
		await this.#running;
		await this.#database.close();
	}

	#run(): void {
		if (this.#working) return;
		this.#working = true;
		this.#running = this.#work();
	}

	async #work(): Promise<void> {
		// One turn of the microtask queue, so that everything asked for in the same breath shares the first batch.
		await Promise.resolve();
		while (this.#queue.length > 0 || this.#chores.length > 0) await this.#step();
		// In the same turn as the look at the queue, so that whatever comes next starts a new run.
		this.#working = false;
	}

	async #step(): Promise<void> {
		await this.#parts.guard.checkBeforeWrite();
		const group = takeGroup(this.#queue);
		const startedAt = performance.now();
		const synced = (outcome: 'ok' | 'failed'): void => {
			const writes = group.reduce((sum, accepted) => sum + accepted.writes.length, 0);
			if (writes > 0) this.#parts.synced({outcome, writes, durationMs: performance.now() - startedAt});
		};
		try {
			if (this.#parts.guard.fenced) throw new StoreError('Unavailable', this.#parts.health.current.message);
			if (group.length > 0) await commitGroup(this.#database, group);
		} catch (error) {
			synced('failed');
			await this.#recover(group, error);
			return;
		}
		synced('ok');
		for (const accepted of group) this.#committed(accepted);
		await this.#doChores();
	}

	#committed(accepted: Accepted): void {
		for (const {text} of accepted.writes) this.#history.append({at: accepted.at, bytes: text.length});
		this.#publish(accepted);
	}

	#publish(accepted: Accepted): void {
		this.#head = accepted.head;
		this.#listener.committed(accepted);
		accepted.resolve();
	}

	async #doChores(): Promise<void> {
		const keepFrom = Math.min(this.#history.keepFrom(this.#parts.limits, this.#parts.now().getTime()), this.#history.first + trimSlice);
		const trim = Array.from({length: keepFrom - this.#history.first}, (_, index): Operation => ({type: 'del', key: logKey(this.#history.first + index)}));
		const operations = [...trim, ...this.#chores.splice(0).flatMap(chore => chore())];
		if (operations.length === 0) return;
		try {
			await this.#database.batch([...operations], {});
			this.#history.trimmed(keepFrom);
		} catch (error) {
			await this.#recover([], error);
		}
	}

	async #recover(group: readonly Accepted[], cause: unknown): Promise<void> {
		const full = isDiskFull(cause);
		const refusal = new StoreError(full ? 'DiskFull' : 'Unavailable', full ? 'No space left on the disk of the store; nothing was written.' : 'The store could not write to its disk.', {cause});
		const waiting = this.#queue.splice(0);
		this.#chores.splice(0);
		this.#listener.reset();
		if (this.#parts.guard.fenced) {
			for (const {reject} of [...group, ...waiting]) reject(refusal);
			return;
		}
		this.#parts.log.error('the store failed to write and is reopened', {error: cause});
		this.#undecided = group;
		this.#parts.health.report('disk', {writable: false, code: full ? 'DiskFull' : 'Unavailable', message: `${refusal.message} It is being reopened.`});
		for (const {reject} of waiting) reject(refusal);
		if (full) await this.#parts.space.release();
		const found = await this.#reopen();
		this.#undecided = [];
		if (!found) {
			for (const {reject} of group) reject(new StoreError('Unavailable', 'The store was closed before it was known whether this was written.'));
			return;
		}
		this.#history = found.history;
		const adopted = group.length > 0 && sameJson(group.at(-1)?.head, found.head);
		for (const accepted of group) {
			if (adopted) this.#publish(accepted);
			else accepted.reject(refusal);
		}
		this.#listener.reset();
		await this.#parts.guard.check();
		this.#parts.health.report('disk');
		this.#parts.log.info('the store is open again', {adopted});
	}

	/** Tries until the database is open and verified; undefined when the journal is closed before. */
	async #reopen(): Promise<Loaded | undefined> {
		for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, longestRetryMs)) {
			try {
				return await this.#openVerified();
			} catch (error) {
				const {code, message} = error instanceof StoreError ? error : {code: undefined, message: String(error)};
				this.#parts.health.report('disk', {writable: false, code: code === 'DiskFull' || code === 'Corrupt' ? code : 'Unavailable', message: `The store is closed after a write error and cannot be opened yet: ${message}`});
				this.#parts.log.error('the store cannot be reopened yet', {error, waitMs});
			}
			const waited = await delay(waitMs, true, {signal: this.#closing.signal}).catch(() => false);
			if (!waited) return undefined;
		}
	}

	/** Everything that a freshly opened database shows is in synced tables: its recovery writes the log out before it serves. */
	async #openVerified(): Promise<Loaded> {
		await this.#database.close();
		this.#database = await openDatabase(databasePath(this.#parts.directory));
		const loaded = await load(this.#database);
		const possible = [this.#head, this.#undecided.at(-1)?.head];
		if (!possible.some(head => sameJson(head, loaded.head))) {
			throw corrupt(`The store stands at ${loaded.head.counter} after it was reopened, but ${this.#head.counter} was acknowledged.`);
		}
		return loaded;
	}
}
