import {StoreError} from '../errors.js';
import {Event} from '../resources/event.js';
import {schemas, type Resource} from '../resources/kinds.js';
import {z} from 'zod';
import type {Database} from './database.js';
import {deepFreeze} from './deep-freeze.js';
import {Deletions} from './deletions.js';
import {checkFormat, corrupt, Head} from './head.js';
import {History} from './history.js';
import {counterOf, formatKey, headKey, keyOfObject, logKey, within} from './keys.js';
import {Reader, type Reading} from './reader.js';
import {unseal} from './seal.js';
import type {StoreLog} from './store-log.js';
import {entryOf, Table} from './table.js';

/** Everything a store knows when it opens. */
export interface Loaded {
	readonly head: Head;
	readonly table: Table;
	readonly history: History;
}

/**
 * Reads and verifies the whole store: every checksum, that each object stands under its own key and satisfies its schema, that the objects
 * are exactly those the head counts, and that the history has no gap and ends at the head. Throws `Corrupt` or `NewerFormat`.
 */
export async function load(database: Database, reading: Reading = {}): Promise<Loaded> {
	const reader = new Reader(database, reading);
	try {
		checkFormat(await reader.text(formatKey));
		const head = parseStored(headKey, await reader.text(headKey), Head);
		return {head, table: await loadObjects(reader, head), history: await loadHistory(reader, head)};
	} catch (error) {
		throw error instanceof StoreError ? error : corrupt(`The store cannot be read: ${String(error)}`, error);
	}
}

/** What a record holds, checked against its schema. */
export function parseStored<T>(key: string, text: string, schema: z.ZodType<T>): T {
	const parsed = schema.safeParse(JSON.parse(text));
	if (!parsed.success) throw corrupt(`The record ${JSON.stringify(key)} does not hold what it should: ${z.prettifyError(parsed.error)}`, parsed.error);
	return parsed.data;
}

/** The object in a record, frozen; it must name the very key it stands under. */
export function parseObject(key: string, text: string): Resource {
	const kind = key.split('/')[1] ?? '';
	const schema = Object.entries(schemas).find(([name]) => name === kind)?.[1];
	if (!schema) throw corrupt(`The record ${JSON.stringify(key)} is of an unknown kind.`);
	const object: Resource = parseStored<Resource>(key, text, schema);
	if (keyOfObject(object) !== key) throw corrupt(`The record ${JSON.stringify(key)} holds another object, ${keyOfObject(object)}.`);
	return deepFreeze(object);
}

async function loadObjects(reader: Reader, head: Head): Promise<Table> {
	const table = new Table();
	for await (const [key, sealed] of reader.entries('object')) {
		const text = unseal(key, sealed);
		table.set(entryOf(parseObject(key, text), Buffer.byteLength(text)));
	}
	if (table.count !== head.count || table.digest !== head.digest) {
		throw corrupt(`The store should hold ${head.count} objects and holds ${table.count}, or others than it should.`);
	}
	return table;
}

const Dated = z.object({at: z.number()});

/** Events of earlier runs, oldest first. They are saved without sync, as a help and not as a promise: a damaged one is left out and told. */
export async function loadEvents(database: Database, log: StoreLog): Promise<readonly Event[]> {
	const events: Event[] = [];
	for await (const [key, sealed] of database.iterator(within('event'))) {
		try {
			events.push(parseStored(key, unseal(key, sealed), Event));
		} catch (error) {
			log.warn('a saved event is damaged and left out', {key, error});
		}
	}
	return events.sort((a, b) => Date.parse(a.lastTimestamp) - Date.parse(b.lastTimestamp));
}

const Uids = z.array(z.string());

/** Records of deletions. A damaged one is left out and told: what it named is then reported and left running, which is the safe side. */
export async function loadDeletions(database: Database, log: StoreLog): Promise<Deletions> {
	const deletions = new Deletions();
	for await (const [key, sealed] of database.iterator(within('deletion'))) {
		try {
			deletions.add(counterOf(key), parseStored(key, unseal(key, sealed), Uids));
		} catch (error) {
			log.warn('a record of a deletion is damaged and left out', {key, error});
		}
	}
	return deletions;
}

async function loadHistory(reader: Reader, head: Head): Promise<History> {
	let history: History | undefined;
	let next = head.counter + 1;
	for await (const [key, sealed] of reader.entries('log')) {
		if (!history) next = counterOf(key);
		history ??= new History(next);
		if (key !== logKey(next)) throw corrupt(`The history has a gap at ${logKey(next)}: the next record is ${key}.`);
		const text = unseal(key, sealed);
		history.append({at: history.markDue ? parseStored(key, text, Dated).at : 0, bytes: sealed.length});
		next += 1;
	}
	if (!history && head.counter !== head.base) throw corrupt('The history of the store is missing.');
	if (next !== head.counter + 1) throw corrupt(`The history ends at ${next - 1}, the store at ${head.counter}.`);
	return history ?? new History(next);
}
