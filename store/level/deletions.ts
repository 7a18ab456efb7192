import {indexes} from '../resources/kinds.js';
import type {Change} from '../store.js';

/** Records are kept in this number, … */
const most = 10_000;
/** … and the oldest of those beyond it removed so many at a time. */
const slice = 250;

/** The uids that are not to come back with an old copy, and under which something may still run although this change took away what named it. */
export function uidsLeftBy({type, object}: Change): readonly string[] {
	return type === 'deleted' && (object.kind === 'Instance' || object.kind === 'Service') ? indexes.uid(object) : [];
}

/** Which deletions are on record, by the counter of the write that made each, the oldest first. */
export class Deletions {
	readonly #records = new Map<number, readonly string[]>();
	readonly #uids = new Set<string>();

	has(uid: string): boolean {
		return this.#uids.has(uid);
	}

	/** Notes a record; counters rise from one call to the next. */
	add(counter: number, uids: readonly string[]): void {
		this.#records.set(counter, uids);
		for (const uid of uids) this.#uids.add(uid);
	}

	/** True when enough are too many that removing them is worth a write. */
	get isFull(): boolean {
		return this.#records.size >= most + slice;
	}

	/** Forgets the oldest of those that are too many, and answers their counters. */
	takeSurplus(): readonly number[] {
		const surplus = [...this.#records].slice(0, Math.max(0, this.#records.size - most));
		for (const [counter, uids] of surplus) {
			this.#records.delete(counter);
			for (const uid of uids) this.#uids.delete(uid);
		}
		return surplus.map(([counter]) => counter);
	}
}
