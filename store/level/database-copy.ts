import {cp, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {StoreError} from '../errors.js';
import {databaseExists, databasePath} from './database.js';
import {lockDirectory} from './owner-lock.js';

/**
 * Runs `work` on a copy of a store's database, in the system's temporary directory. LevelDB cannot open without writing, so this is the
 * only way to look without touching. Throws `Locked` while a process has the store open, `NotFound` where there is none.
 */
export async function withDatabaseCopy<T>(directory: string, work: (path: string) => Promise<T>): Promise<T> {
	const owner = await lockExisting(directory);
	const copy = await mkdtemp(join(tmpdir(), 'motey-store-'));
	try {
		const path = databasePath(copy);
		await cp(databasePath(directory), path, {recursive: true});
		return await work(path);
	} finally {
		await rm(copy, {recursive: true, force: true});
		await owner[Symbol.asyncDispose]();
	}
}

async function lockExisting(directory: string): Promise<AsyncDisposable> {
	const found = await databaseExists(directory).catch(() => false);
	if (!found) throw new StoreError('NotFound', `There is no store in ${directory}.`);
	return lockDirectory(directory);
}
