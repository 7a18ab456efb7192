import type {Database, Operation} from './database.js';
import {uidsLeftBy} from './deletions.js';
import type {Write} from './draft.js';
import type {Head} from './head.js';
import {deletionKey, headKey, keyOfObject, logKey} from './keys.js';
import {logText} from './log-record.js';
import {seal} from './seal.js';

/** Transactions share a batch up to about this much; what is left forms the next one. */
const batchBytes = 4 * 1024 * 1024;

/** An accepted transaction that waits for its sync. */
export interface Accepted {
	readonly writes: readonly Write[];
	/** The head once these writes are done. */
	readonly head: Head;
	readonly at: number;
	readonly resolve: () => void;
	readonly reject: (error: unknown) => void;
}

/** The next transactions to share a batch, taken off the queue: at least one, then as many as fit. */
export function takeGroup(queue: Accepted[]): readonly Accepted[] {
	let bytes = 0;
	const stop = queue.findIndex(({writes}, index) => {
		bytes += writes.reduce((sum, {text}) => sum + 2 * text.length, 0);
		return index > 0 && bytes > batchBytes;
	});
	return queue.splice(0, stop === -1 ? queue.length : stop);
}

/** Writes a group in one synced batch: every object, every record of a write or a deletion, and the head, or nothing. */
export async function commitGroup(database: Database, group: readonly Accepted[]): Promise<void> {
	const operations = group.flatMap(({writes, at}) => writes.flatMap(write => operationsOf(write, at)));
	const head = group.at(-1)?.head;
	await database.batch([...operations, {type: 'put', key: headKey, value: seal(headKey, JSON.stringify(head))}], {sync: true});
}

function operationsOf({change, counter, text, entry}: Write, at: number): readonly Operation[] {
	const key = keyOfObject(change.object);
	const log = logKey(counter);
	const deletion = deletionKey(counter);
	const left = uidsLeftBy(change);
	return [
		entry ? {type: 'put', key, value: seal(key, text)} : {type: 'del', key},
		{type: 'put', key: log, value: seal(log, logText(change, {at, objectText: text}))},
		...left.length === 0 ? [] : [{type: 'put', key: deletion, value: seal(deletion, JSON.stringify(left))} as const],
	];
}
