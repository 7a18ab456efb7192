import {mkdir, open, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {Level} from 'level';
import {z} from 'zod';
import {StoreError} from '../errors.js';
import {corrupt, formatVersion, type Head} from './head.js';
import {formatKey, headKey} from './keys.js';
import {seal} from './seal.js';
import {verifyTables} from './verify-tables.js';

/** LevelDB with text keys and sealed values. */
export type Database = Level<string, Buffer>;

/** One operation of a batch. */
export type Operation = {readonly type: 'put'; readonly key: string; readonly value: Buffer} | {readonly type: 'del'; readonly key: string};

/** Without compression a flipped bit damages one record and not a block, and `verifyTables` can read what points to the blocks. */
const uncompressed = {valueEncoding: 'buffer', compression: false} as const;

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
	const database: Database = new Level(path, uncompressed);
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

/** Opens what is there, never creates. Throws `Locked`, `DiskFull`, `Unavailable` or `Corrupt`; the latter before anything is changed. */
export async function openDatabase(path: string): Promise<Database> {
	await verifyTables(path);
	return openUnverified(path);
}

/** As `openDatabase`, also with damaged tables. LevelDB may abort the process over some of them. */
export async function openUnverified(path: string): Promise<Database> {
	const database: Database = new Level(path, {...uncompressed, createIfMissing: false});
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

/** True when an error says that space is short. Decided on the text, because LevelDB passes on the system's sentence and not its number. */
export function isDiskFull(error: unknown): boolean {
	return error instanceof Error && (/ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/.test(error.message) || isDiskFull(error.cause));
}

const Caused = z.object({cause: z.object({code: z.string(), message: z.string()})});

function openingError(path: string, error: unknown): StoreError {
	const caused = Caused.safeParse(error);
	if (caused.data?.cause.code === 'LEVEL_LOCKED') {
		return new StoreError('Locked', `Another process has the store open: ${path}.`, {fix: 'Stop it first.', cause: error});
	}
	if (isDiskFull(error)) return new StoreError('DiskFull', `No space left to open the store at ${path}.`, {cause: error});
	const reason = caused.data?.cause.message ?? String(error);
	if (/Input\/output error|Too many open files|Permission denied|Read-only file system/.test(reason)) {
		return new StoreError('Unavailable', `The store at ${path} cannot be opened: ${reason}.`, {fix: 'Check the disk and the permissions of the directory.', cause: error});
	}
	return corrupt(`The store at ${path} cannot be opened: ${reason}. It is left as it is.`, error);
}
