import type {Change} from '../store.js';
import {StoreError} from '../errors.js';
import {corrupt} from './head.js';
import {logKey} from './keys.js';
import type {Database} from './database.js';
import {parseStored} from './load.js';
import {changeOf, LogRecord} from './log-record.js';
import {unseal} from './seal.js';

/** Reads the history from disk, from counter `from` to `to`, both included. Throws `Expired` when it was trimmed meanwhile, `Corrupt` when damaged. */
export async function* replay(database: Database, {from, to}: {from: number; to: number}): AsyncGenerator<Change> {
	let next = from;
	for await (const [key, sealed] of database.iterator({gte: logKey(from), lte: logKey(to)})) {
		if (key !== logKey(next)) throw next === from ? expired() : corrupt(`The history has a gap at ${logKey(next)}.`);
		yield changeOf(parseStored(key, unseal(key, sealed), LogRecord));
		next += 1;
	}
	if (next !== to + 1) throw next === from ? expired() : corrupt(`The history ends before ${logKey(to)}.`);
}

/** The history no longer, or never, had what was asked for. */
export function expired(): StoreError {
	return new StoreError('Expired', 'The history does not reach back to this resourceVersion.', {fix: 'List again and watch from the revision of the list.'});
}
