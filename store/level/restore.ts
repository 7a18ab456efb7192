import {randomInt} from 'node:crypto';
import {mkdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {StoreError} from '../errors.js';
import {readBackup, type Backup} from './backup-file.js';
import {buildDatabase, databaseExists, databasePath, syncDirectory, type Operation} from './database.js';
import {keyOfObject} from './keys.js';
import {lockDirectory} from './owner-lock.js';
import {formatRevision} from './revision.js';
import {seal} from './seal.js';
import type {Revision} from '../store.js';
import {entryOf, Table} from './table.js';
import {readWitness, writeWitness} from './witness.js';

/** What a restore did. */
export interface RestoreReport {
	readonly revision: Revision;
	readonly objects: number;
	/** Where the database that was there before is kept, until the next restore. */
	readonly replaced?: string;
}

/**
 * Makes a store of a backup. The backup is verified whole before anything is touched. The store begins an epoch higher than those of the
 * backup and of what it replaces, so that no revision given out before is mistaken for one of its own. Throws `AlreadyExists` where there
 * is a store, unless `replace` is set; `Locked` while a process has it open; `Corrupt` for a damaged backup.
 */
export async function restoreStore(file: string, directory: string, {replace = false}: {readonly replace?: boolean} = {}): Promise<RestoreReport> {
	const {position, objects} = await readBackup(file);
	await mkdir(directory, {recursive: true, mode: 0o700});
	const owner = await lockDirectory(directory);
	try {
		return await replaceStore({position, objects}, directory, replace);
	} finally {
		await owner[Symbol.asyncDispose]();
	}
}

async function replaceStore({position, objects}: Backup, directory: string, replace: boolean): Promise<RestoreReport> {
	const exists = await databaseExists(directory);
	const sworn = await readWitness(directory).catch(() => 'unreadable' as const);
	if ((exists || sworn !== undefined) && !replace) {
		throw new StoreError('AlreadyExists', `There is a store in ${directory} already.`, {fix: 'Say that it is to be replaced, or restore into another directory.'});
	}
	// Where nobody can tell the epoch of what was there, a leap makes it unlikely that it is met again.
	const known = sworn === undefined || sworn === 'unreadable' ? (exists ? position.epoch + randomInt(1, 1 << 16) : 0) : sworn.epoch;
	const epoch = Math.max(position.epoch, known) + 1;

	const table = new Table();
	for (const object of objects) table.set(entryOf(object, 0));
	const fresh = join(directory, 'database.new');
	await buildDatabase(fresh, {epoch, counter: 0, base: 0, count: table.count, digest: table.digest}, objects.map(object => [operationOf(keyOfObject(object), JSON.stringify(object))]));

	const aside = join(directory, 'database.replaced');
	if (exists) {
		await rm(aside, {recursive: true, force: true});
		await rename(databasePath(directory), aside);
	}
	await rename(fresh, databasePath(directory));
	await syncDirectory(directory);
	await writeWitness(directory, {epoch, counter: 0});
	return {revision: formatRevision({epoch, counter: 0}), objects: table.count, ...exists && {replaced: aside}};
}

function operationOf(key: string, text: string): Operation {
	return {type: 'put', key, value: seal(key, text)};
}
