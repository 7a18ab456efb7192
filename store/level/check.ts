import {StoreError} from '../errors.js';
import type {Revision} from '../store.js';
import {openDatabase} from './database.js';
import {withDatabaseCopy} from './database-copy.js';
import {corrupt} from './head.js';
import {load, type Loaded} from './load.js';
import {formatRevision, isLater} from './revision.js';
import {readWitness} from './witness.js';

/** What a check found. */
export type CheckReport =
	| {readonly kind: 'sound'; readonly revision: Revision; readonly objects: number; readonly oldestRevision: Revision}
	| {readonly kind: 'damaged'; readonly problems: readonly string[]};

/**
 * Verifies a store that no process has open, as a start would, without changing a byte of it. Throws `Locked`, `NotFound`, or
 * `NewerFormat`; damage is an answer.
 */
export async function checkStore(directory: string): Promise<CheckReport> {
	const problems: string[] = [];
	const note = (error: unknown): undefined => {
		if (!(error instanceof StoreError) || error.code !== 'Corrupt') throw error;
		problems.push(error.message);
	};
	const sworn = await readWitness(directory).catch(note);
	const loaded = await withDatabaseCopy(directory, loadOnce).catch(note);
	if (loaded && sworn && isLater(sworn, loaded.head)) note(corrupt(`Acknowledged writes are missing: the store ends at ${loaded.head.counter}, but had come to ${sworn.counter}.`));
	if (loaded && !sworn && problems.length === 0 && loaded.head.counter > loaded.head.base) note(corrupt('The witness file is missing.'));
	if (!loaded || problems.length > 0) return {kind: 'damaged', problems};
	const {head, table, history} = loaded;
	return {kind: 'sound', revision: formatRevision(head), objects: table.count, oldestRevision: formatRevision({epoch: head.epoch, counter: history.first})};
}

/** Opens a database, verifies and reads all of it, and closes it again. */
export async function loadOnce(path: string): Promise<Loaded> {
	const database = await openDatabase(path);
	try {
		return await load(database);
	} finally {
		await database.close();
	}
}
