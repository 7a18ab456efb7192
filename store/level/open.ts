import {randomBytes, randomUUID} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {createEventLog} from '../event-log-memory.js';
import type {Store} from '../store.js';
import {createDatabase, databaseExists, databasePath, openDatabase} from './database.js';
import {LevelStore} from './level-store.js';
import {defaultLimits, type StoreLimits} from './limits.js';
import {load} from './load.js';

/** What a store needs of its surroundings. */
export interface LevelStoreOptions {
	/** Made when absent; everything the store keeps is in here. */
	readonly directory: string;
	readonly now: () => Date;
	readonly randomUuid?: () => string;
	readonly limits?: Partial<StoreLimits>;
	/** The node's name, as the source of its events. */
	readonly host?: string;
}

/**
 * Opens the store in a directory, creating it only where none has ever been. Verifies everything it reads. Throws `StoreError`:
 * `Corrupt`, `Locked`, `NewerFormat`, `DiskFull`; it never starts empty in the place of a damaged store.
 */
export async function openLevelStore(options: LevelStoreOptions): Promise<Store> {
	const {directory, now, randomUuid = randomUUID, host = ''} = options;
	await mkdir(directory, {recursive: true, mode: 0o700});
	if (!await databaseExists(directory)) {
		const epoch = randomBytes(3).readUIntBE(0, 3) >> 4;
		await createDatabase(directory, {epoch, counter: 0, base: 0, count: 0, digest: 0});
	}
	const database = await openDatabase(databasePath(directory));
	try {
		const loaded = await load(database);
		const events = createEventLog({now, randomUuid, host});
		return new LevelStore({database, loaded, events, limits: {...defaultLimits, ...options.limits}, now, randomUuid, close: () => Promise.resolve()});
	} catch (error) {
		await database.close();
		throw error;
	}
}
