import {Level} from 'level';
import {z} from 'zod';
import type {Resource} from '../resources/kinds.js';
import {writeBackup} from './backup-file.js';
import {openUnverified, type Database} from './database.js';
import {withDatabaseCopy} from './database-copy.js';
import {Head} from './head.js';
import {counterOf, headKey, keyOfObject, within} from './keys.js';
import {parseObject, parseStored} from './load.js';
import {LogRecord} from './log-record.js';
import {isLater, parseRevision, type Position} from './revision.js';
import {unseal} from './seal.js';
import {readWitness} from './witness.js';

/** What could be saved and what could not. */
export interface SalvageReport {
	readonly objects: number;
	/** Keys of records that exist and could not be read, nor be found in the history. */
	readonly lost: readonly string[];
	/** How many objects the store should have had more; undefined when even that cannot be read. */
	readonly missing: number | undefined;
	/** Objects that had to be taken from the history, by key. */
	readonly fromHistory: readonly string[];
}

interface Remains {
	readonly objects: Map<string, Resource>;
	readonly damaged: Set<string>;
	readonly latest: Map<string, LogRecord & {readonly counter: number}>;
	head: Head | undefined;
}

/**
 * Collects what still reads of a damaged store into a new backup, and says what does not. The store itself is not changed. Where an object
 * is damaged or stale, its last write in the history serves.
 */
export async function salvageStore(directory: string, file: string): Promise<SalvageReport> {
	const sworn = await readWitness(directory).catch(() => undefined);
	const remains = await withDatabaseCopy(directory, collect);
	const fromHistory: string[] = [];
	for (const [key, record] of remains.latest) {
		const found = remains.objects.get(key);
		if (found && !isNewer(record.object, found)) continue;
		remains.damaged.delete(key);
		if (record.type === 'deleted') {
			remains.objects.delete(key);
		} else {
			remains.objects.set(key, record.object);
			fromHistory.push(key);
		}
	}
	const objects = [...remains.objects.values()];
	const positions = [sworn, remains.head, ...objects.map(object => parseRevision(object.metadata.resourceVersion))].filter(position => position !== undefined);
	await writeBackup(file, {position: positions.reduce<Position>((latest, one) => (isLater(one, latest) ? one : latest), {epoch: 0, counter: 0}), objects});
	return {
		objects: objects.length,
		lost: [...remains.damaged],
		missing: remains.head && Math.max(0, remains.head.count - objects.length - remains.damaged.size),
		fromHistory,
	};
}

async function collect(path: string): Promise<Remains> {
	const database = await openUnverified(path).catch(async () => {
		await repair(path);
		return openUnverified(path);
	});
	const remains: Remains = {objects: new Map(), damaged: new Set(), latest: new Map(), head: undefined};
	try {
		for await (const [key, sealed] of readable(database)) {
			try {
				keep(remains, key, unseal(key, sealed));
			} catch {
				if (key.startsWith('object/')) remains.damaged.add(key);
			}
		}
	} finally {
		await database.close();
	}
	return remains;
}

function keep(remains: Remains, key: string, text: string): void {
	if (key === headKey) {
		remains.head = parseStored(key, text, Head);
	} else if (key.startsWith('object/')) {
		remains.objects.set(key, parseObject(key, text));
	} else if (key.startsWith('log/')) {
		const record = parseStored(key, text, LogRecord);
		remains.latest.set(keyOfObject(record.object), {...record, counter: counterOf(key)});
	}
}

/** Everything an iterator still yields. LevelDB skips a block it cannot read, and tells only at the end. */
async function* readable(database: Database): AsyncGenerator<[string, Buffer]> {
	for (const range of [{gte: headKey, lte: headKey}, within('object'), within('log')]) {
		const iterator = database.iterator({...range, highWaterMarkBytes: 1});
		try {
			for (let entry = await iterator.next(); entry !== undefined; entry = await iterator.next()) yield entry;
		} catch {
			// What follows cannot be reached; what is missing is counted against the head.
		} finally {
			await iterator.close();
		}
	}
}

function isNewer(a: Resource, b: Resource): boolean {
	const [left, right] = [parseRevision(a.metadata.resourceVersion), parseRevision(b.metadata.resourceVersion)];
	return left !== undefined && right !== undefined && isLater(left, right);
}

/** LevelDB's own repair, which finds what is in the tables without a manifest. `level` exports it without a type. */
async function repair(path: string): Promise<void> {
	await z.custom<{repair(location: string): Promise<void>}>(value => typeof value === 'function' && 'repair' in value).parse(Level).repair(path);
}
