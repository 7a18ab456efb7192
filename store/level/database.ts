import {mkdir, open, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {Level} from 'level';
import {z} from 'zod';
import {StoreError} from '../errors.js';
import {corrupt, formatVersion, type Head} from './head.js';
import {formatKey, headKey} from './keys.js';
import {seal} from './seal.js';

/** LevelDB with text keys and sealed values. */
export type Database = Level<string, Buffer>;

/** One operation of a batch. */
export type Operation = {readonly type: 'put'; readonly key: string; readonly value: Buffer} | {readonly type: 'del'; readonly key: string};

/** Where LevelDB's files are within a store's directory. */
export const databasePath = (directory: string): string => join(directory, 'database');

/** True when a store has ever been created in `directory`. */
export async function databaseExists(directory: string): Promise<boolean> {
	return (await readdir(directory)).includes('database');
}

/**
 * Creates an empty database that holds `head` and `operations`. It is built beside its place and moved there whole, so that a database is
 * either absent or complete, whenever the power goes; it is therefore never opened with LevelDB's `createIfMissing`, which would replace a
 * damaged one by an empty one.
 */
export async function createDatabase(directory: string, head: Head, operations: AsyncIterable<readonly Operation[]> | Iterable<readonly Operation[]> = []): Promise<void> {
	await buildDatabase(join(directory, 'database.new'), head, operations);
	await rename(join(directory, 'database.new'), databasePath(directory));
	await syncDirectory(directory);
}

/** As `createDatabase`, at exactly `path`, replacing what is there. */
export async function buildDatabase(path: string, head: Head, operations: AsyncIterable<readonly Operation[]> | Iterable<readonly Operation[]> = []): Promise<void> {
	await rm(path, {recursive: true, force: true});
	await mkdir(path, {recursive: true, mode: 0o700});
	const database: Database = new Level(path, {valueEncoding: 'buffer'});
	await database.open();
	try {
		for await (const slice of operations) await database.batch([...slice], {});
		await database.batch([
			{type: 'put', key: formatKey, value: seal(formatKey, JSON.stringify({version: formatVersion}))},
			{type: 'put', key: headKey, value: seal(headKey, JSON.stringify(head))},
		], {sync: true});
	} finally {
		await database.close();
	}
	await syncDirectory(path);
}

/** Opens what is there, never creates. Throws `Locked`, `DiskFull` or `Corrupt`. */
export async function openDatabase(path: string): Promise<Database> {
	const database: Database = new Level(path, {valueEncoding: 'buffer', createIfMissing: false});
	try {
		await database.open();
		return database;
	} catch (error) {
		throw openingError(path, error);
	}
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
	const handle = await open(directory, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** True when an error of LevelDB or of the file system says that space is short. LevelDB passes the system's sentence on, not its number. */
export function isDiskFull(error: unknown): boolean {
	const {message, cause, code} = z.object({message: z.string(), cause: z.unknown(), code: z.string().optional()}).catch({message: '', cause: undefined}).parse(error);
	return code === 'ENOSPC' || code === 'EDQUOT' || /No space left on device|Disk quota exceeded/.test(message) || (cause !== undefined && isDiskFull(cause));
}

const Caused = z.object({cause: z.object({code: z.string(), message: z.string()})});

function openingError(path: string, error: unknown): StoreError {
	const caused = Caused.safeParse(error);
	if (caused.data?.cause.code === 'LEVEL_LOCKED') {
		return new StoreError('Locked', `Another process has the store open: ${path}.`, {fix: 'Stop it first.', cause: error});
	}
	if (isDiskFull(error)) return new StoreError('DiskFull', `No space left to open the store at ${path}.`, {cause: error});
	return corrupt(`The store at ${path} cannot be opened: ${caused.data?.cause.message ?? String(error)}. It is left as it is.`, error);
}
