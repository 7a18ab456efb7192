import {randomBytes, randomUUID} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {createEventLog} from '../event-log-memory.js';
import {createDatabase, databaseExists, databasePath, openDatabase} from './database.js';
import {Guard, lockInodeOf} from './guard.js';
import {corrupt, type Head} from './head.js';
import {Health} from './health.js';
import type {SyncedBatch} from './journal.js';
import {LevelStore} from './level-store.js';
import {defaultLimits, type StoreLimits} from './limits.js';
import {load, loadDeletions, loadEvents} from './load.js';
import {lockDirectory} from './owner-lock.js';
import {isLater, type Position} from './revision.js';
import {SavedEvents} from './saved-events.js';
import {freeSpaceBytes, Space} from './space.js';
import {silentLog, type StoreLog} from './store-log.js';
import {SwornPosition} from './sworn-position.js';
import {readWitness} from './witness.js';

/** What a store needs of its surroundings. */
export interface LevelStoreOptions {
	/** Made when absent; everything the store keeps is in here. */
	readonly directory: string;
	readonly now: () => Date;
	readonly randomUuid?: () => string;
	readonly limits?: Partial<StoreLimits>;
	/** Id of this node, the owner of what is first put here. */
	readonly nodeId?: string;
	readonly log?: StoreLog;
	/** The node's name, as the source of its events. */
	readonly host?: string;
	/** See `SpaceOptions`. */
	readonly ballastBytes?: number;
	readonly lowWaterBytes?: number;
	readonly freeSpaceBytes?: (directory: string) => Promise<number>;
	/** Told of every synced batch, for metrics. */
	readonly synced?: (batch: SyncedBatch) => void;
	/** Everything on disk is verified again after this long: daily. */
	readonly scrubEveryMs?: number;
}

const mebibyte = 1024 * 1024;
const dayMs = 24 * 3_600_000;

/**
 * Opens the store in a directory, creating it only where none has ever been. Verifies everything it reads. Throws `StoreError`:
 * `Corrupt`, `Locked`, `NewerFormat`, `DiskFull`, `Unavailable`; it never starts empty in the place of a damaged store.
 */
export async function openLevelStore(options: LevelStoreOptions): Promise<LevelStore> {
	await mkdir(options.directory, {recursive: true, mode: 0o700});
	const owner = await lockDirectory(options.directory);
	try {
		return await openLocked(options, owner);
	} catch (error) {
		await owner[Symbol.asyncDispose]();
		throw error;
	}
}

async function openLocked(options: LevelStoreOptions, owner: AsyncDisposable): Promise<LevelStore> {
	const {directory, now, randomUuid = randomUUID, host = '', log = silentLog} = options;
	const sworn = await prepare(directory);
	const database = await openDatabase(databasePath(directory));
	try {
		const {head, table, history} = await load(database);
		const deletions = await loadDeletions(database, log);
		const saved = await loadEvents(database, log);
		checkWitness(head, sworn);
		const position = new SwornPosition({directory, sworn, log});
		position.note(head);
		await position.swear();

		const health = new Health();
		const space = new Space({directory, ballastBytes: options.ballastBytes ?? 8 * mebibyte, lowWaterBytes: options.lowWaterBytes ?? 16 * mebibyte, freeSpaceBytes: options.freeSpaceBytes ?? freeSpaceBytes});
		const guard = new Guard({directory, space, health, lockInode: await lockInodeOf(directory)});
		await guard.check();

		const unsaved = new SavedEvents(() => store.journal.background(() => unsaved.take()));
		const events = createEventLog({now, randomUuid, host, saved, changed: change => unsaved.note(change)});
		const stop = new AbortController();
		const store = new LevelStore({
			directory, database, head, history, table, deletions, health, guard, space, events, log, now, randomUuid, synced: options.synced ?? (() => undefined),
			limits: {...defaultLimits, ...options.limits},
			...options.nodeId === undefined ? {} : {nodeId: options.nodeId},
			acknowledged: latest => position.note(latest),
			async closing() {
				stop.abort();
				clearInterval(scrubs);
				unsaved.saveNow();
				await Promise.resolve();
			},
			async closed() {
				await position.swear();
				await owner[Symbol.asyncDispose]();
			},
		});
		const scrubs = setInterval(() => void store.scrub({signal: stop.signal}), options.scrubEveryMs ?? dayMs).unref();
		return store;
	} catch (error) {
		await database.close();
		throw error;
	}
}

/** Creates the database on the very first start, and only then. Answers what the witness says. */
async function prepare(directory: string): Promise<Position | undefined> {
	const sworn = await readWitness(directory);
	if (await databaseExists(directory)) return sworn;
	if (sworn) throw corrupt(`A store was kept in ${directory}, and its database is gone. Nothing is started in its place.`);
	const epoch = randomBytes(3).readUIntBE(0, 3) >> 4;
	await createDatabase(directory, {epoch, counter: 0, base: 0, count: 0, digest: 0});
	return undefined;
}

function checkWitness(head: Head, sworn: Position | undefined): void {
	// The first start writes the witness last; from then on a store has one.
	if (!sworn && head.counter > head.base) throw corrupt('The witness file of the store is missing, so that nobody can tell whether its latest writes are there.');
	if (sworn && isLater(sworn, head)) throw corrupt(`Acknowledged writes are missing: the store ends at ${head.counter}, but had come to ${sworn.counter}.`);
}
