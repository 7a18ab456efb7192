import {schemas, type Resource} from '../resources/kinds.js';
import {z} from 'zod';
import type {Database} from './database.js';
import {deepFreeze} from './deep-freeze.js';
import {checkFormat, corrupt, Head} from './head.js';
import {History} from './history.js';
import {counterOf, formatKey, headKey, keyOfObject, logKey, within} from './keys.js';
import {unseal} from './seal.js';
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
export async function load(database: Database): Promise<Loaded> {
	try {
		checkFormat(await readText(database, formatKey));
		const head = parseStored(headKey, await readText(database, headKey), Head);
		return {head, table: await loadObjects(database, head), history: await loadHistory(database, head)};
	} catch (error) {
		throw error instanceof Error && error.name === 'StoreError' ? error : corrupt(`The store cannot be read: ${String(error)}`, error);
	}
}

/** The JSON of a record that must exist. */
async function readText(database: Database, key: string): Promise<string> {
	const [sealed] = await database.values({gte: key, lte: key, limit: 1}).all();
	if (sealed === undefined) throw corrupt(`The record ${JSON.stringify(key)} is missing.`);
	return unseal(key, sealed);
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

async function loadObjects(database: Database, head: Head): Promise<Table> {
	const table = new Table();
	for await (const [key, sealed] of database.iterator(within('object'))) {
		const text = unseal(key, sealed);
		table.set(entryOf(parseObject(key, text), Buffer.byteLength(text)));
	}
	if (table.count !== head.count || table.digest !== head.digest) {
		throw corrupt(`The store should hold ${head.count} objects and holds ${table.count}, or others than it should.`);
	}
	return table;
}

const Dated = z.object({at: z.number()});

async function loadHistory(database: Database, head: Head): Promise<History> {
	const [oldest] = await database.keys({...within('log'), limit: 1}).all();
	const first = oldest === undefined ? head.counter + 1 : counterOf(oldest);
	if (oldest === undefined && head.counter !== head.base) throw corrupt('The history of the store is missing.');
	const history = new History(first);
	let next = first;
	for await (const [key, sealed] of database.iterator(within('log'))) {
		if (key !== logKey(next)) throw corrupt(`The history has a gap at ${logKey(next)}: the next record is ${key}.`);
		const text = unseal(key, sealed);
		history.append({at: history.markDue ? parseStored(key, text, Dated).at : 0, bytes: sealed.length});
		next += 1;
	}
	if (next !== head.counter + 1) throw corrupt(`The history ends at ${next - 1}, the store at ${head.counter}.`);
	return history;
}
