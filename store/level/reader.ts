import type {Database} from './database.js';
import {corrupt} from './head.js';
import {within} from './keys.js';
import {unseal} from './seal.js';

type Snapshot = ReturnType<Database['snapshot']>;

/** How to read: from which snapshot, and with how long a breath after every `slice` entries. */
export interface Reading {
	readonly snapshot?: Snapshot;
	readonly slice?: number;
	readonly pace?: () => Promise<void>;
}

/** Reads a database in order, by iterators only: they do not trust the filters that a lookup by key would ask. */
export class Reader {
	readonly #database: Database;
	readonly #reading: Reading;

	constructor(database: Database, reading: Reading) {
		this.#database = database;
		this.#reading = reading;
	}

	/** The JSON of a record that must exist. */
	async text(key: string): Promise<string> {
		const [sealed] = await this.#database.values({gte: key, lte: key, limit: 1, ...this.#snapshot}).all();
		if (sealed === undefined) throw corrupt(`The record ${JSON.stringify(key)} is missing.`);
		return unseal(key, sealed);
	}

	/** Every key of a keyspace with its sealed value. */
	async* entries(space: 'object' | 'log'): AsyncGenerator<[string, Buffer]> {
		const {slice = Infinity, pace} = this.#reading;
		let read = 0;
		for await (const entry of this.#database.iterator({...within(space), ...this.#snapshot})) {
			yield entry;
			read += 1;
			if (read % slice === 0) await pace?.();
		}
	}

	get #snapshot(): {snapshot?: Snapshot} {
		return this.#reading.snapshot ? {snapshot: this.#reading.snapshot} : {};
	}
}
