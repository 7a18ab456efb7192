import {hash as digestOf} from 'node:crypto';
import {indexes, keyOf, keyText, type IndexName, type Kind, type Resource, type ResourceOf} from '../resources/kinds.js';
import {keyOfObject} from './keys.js';

/** An object in memory, with what is derived from it once. */
export interface Entry {
	readonly object: Resource;
	/** Length of its JSON. */
	readonly bytes: number;
	/** 48 bits that stand for its key and revision in the digest of all objects. */
	readonly hash: number;
	/** Under what the secondary indexes have it; worked out once, though it enters and leaves two tables. */
	readonly indexKeys: readonly string[];
}

const digestSize = 2 ** 48;
const indexNames: readonly IndexName[] = ['owner', 'owned', 'node', 'uid', 'secret'];

/** The entry of a frozen object whose JSON has `bytes` bytes. */
export function entryOf(object: Resource, bytes: number): Entry {
	const digest = digestOf('sha256', `${keyOfObject(object)}\n${object.metadata.resourceVersion}`, 'buffer');
	return {object, bytes, hash: digest.readUIntBE(0, 6), indexKeys: indexKeysOf(object)};
}

/**
 * All objects by key, with the secondary indexes and running totals. `digest` is the sum of the hashes modulo 2^48: it tells whether an
 * object is missing, stale or too many, in whatever order they were added.
 */
export class Table {
	readonly #objects = new Map<Kind, Map<string, Entry>>();
	readonly #indexes = new Map<string, Map<string, Entry>>();
	readonly #sortedKeys = new Map<Kind, readonly string[]>();
	readonly #listed = new Map<string, readonly Resource[]>();
	#count = 0;
	#bytes = 0;
	#digest = 0;

	get count(): number {
		return this.#count;
	}

	get bytes(): number {
		return this.#bytes;
	}

	get digest(): number {
		return this.#digest;
	}

	entry(kind: Kind, key: string): Entry | undefined {
		return this.#objects.get(kind)?.get(key);
	}

	get<K extends Kind>(kind: K, key: string): ResourceOf<K> | undefined {
		const object = this.#objects.get(kind)?.get(key)?.object;
		return object !== undefined && isOfKind(object, kind) ? object : undefined;
	}

	/** Ordered by `namespace/name`; the same array as before while nothing of the kind changes. */
	list<K extends Kind>(kind: K, namespace?: string): readonly ResourceOf<K>[] {
		const cacheKey = `${kind}/${namespace ?? ''}`;
		const cached = this.#listed.get(cacheKey);
		const items = cached ?? this.#collect(kind, namespace);
		// Nothing is remembered of what does not exist: anybody may ask for any namespace.
		if (!cached && items.length > 0) this.#listed.set(cacheKey, items);
		return areOfKind(items, kind) ? items : [];
	}

	/** Ordered by key; costs what it finds. */
	lookup<K extends Kind>(kind: K, index: IndexName, value: string): readonly ResourceOf<K>[] {
		const found = this.#indexes.get(indexKey(kind, index, value));
		if (!found) return [];
		const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
		return sorted.flatMap(([, {object}]) => (isOfKind(object, kind) ? [object] : []));
	}

	/** Every entry, in no order. */
	* entries(): Generator<Entry> {
		for (const ofKind of this.#objects.values()) yield* ofKind.values();
	}

	/** Puts `entry` in the place of what stands under its key. */
	set(entry: Entry): void {
		const {kind} = entry.object;
		const key = keyText(keyOf(entry.object));
		const ofKind = this.#objects.get(kind) ?? new Map<string, Entry>();
		const before = ofKind.get(key);
		if (before) this.#forget(before, key);
		else this.#sortedKeys.delete(kind);
		this.#objects.set(kind, ofKind.set(key, entry));
		this.#remember(entry, key);
	}

	/** Removes what stands under the key, if anything does. */
	delete(kind: Kind, key: string): void {
		const before = this.#objects.get(kind)?.get(key);
		if (!before) return;
		this.#objects.get(kind)?.delete(key);
		this.#sortedKeys.delete(kind);
		this.#forget(before, key);
	}

	/** A second table with the same entries; they are shared, being frozen. */
	clone(): Table {
		const copy = new Table();
		for (const entry of this.entries()) copy.set(entry);
		return copy;
	}

	#collect(kind: Kind, namespace: string | undefined): readonly Resource[] {
		const ofKind = this.#objects.get(kind);
		if (!ofKind) return Object.freeze([]);
		const keys = this.#sortedKeys.get(kind) ?? [...ofKind.keys()].sort();
		this.#sortedKeys.set(kind, keys);
		const wanted = namespace === undefined ? keys : keys.filter(key => key.startsWith(`${namespace}/`));
		return Object.freeze(wanted.flatMap(key => ofKind.get(key)?.object ?? []));
	}

	#remember(entry: Entry, key: string): void {
		this.#count += 1;
		this.#bytes += entry.bytes;
		this.#digest = (this.#digest + entry.hash) % digestSize;
		for (const name of entry.indexKeys) {
			const found = this.#indexes.get(name) ?? new Map<string, Entry>();
			this.#indexes.set(name, found.set(key, entry));
		}
		this.#dropLists(entry.object);
	}

	#forget(entry: Entry, key: string): void {
		this.#count -= 1;
		this.#bytes -= entry.bytes;
		this.#digest = (this.#digest - entry.hash + digestSize) % digestSize;
		for (const name of entry.indexKeys) {
			const found = this.#indexes.get(name);
			found?.delete(key);
			if (found?.size === 0) this.#indexes.delete(name);
		}
		this.#dropLists(entry.object);
	}

	#dropLists(object: Resource): void {
		this.#listed.delete(`${object.kind}/`);
		this.#listed.delete(`${object.kind}/${object.metadata.namespace ?? ''}`);
	}
}

function indexKey(kind: Kind, index: IndexName, value: string): string {
	return `${kind}/${index}/${value}`;
}

function indexKeysOf(object: Resource): readonly string[] {
	return indexNames.flatMap(index => indexes[index](object).map(value => indexKey(object.kind, index, value)));
}

function isOfKind<K extends Kind>(object: Resource, kind: K): object is ResourceOf<K> {
	return object.kind === kind;
}

/** Lists hold one kind only, so the first tells for all. */
function areOfKind<K extends Kind>(objects: readonly Resource[], kind: K): objects is readonly ResourceOf<K>[] {
	return objects[0] === undefined || isOfKind(objects[0], kind);
}
