import type {Revision} from '../store.js';

const counterBits = 40n;

/** Where a store stands: its epoch (a restore begins a higher one) and the number of writes in it. */
export interface Position {
	readonly epoch: number;
	readonly counter: number;
}

/** The public form of a position: decimal text of `(epoch << 40) | counter`. */
export function formatRevision({epoch, counter}: Position): Revision {
	return ((BigInt(epoch) << counterBits) | BigInt(counter)).toString();
}

/** The inverse of `formatRevision`; undefined for text that no store has ever given out. */
export function parseRevision(revision: Revision): Position | undefined {
	if (!/^\d{1,20}$/.test(revision)) return undefined;
	const value = BigInt(revision);
	return {epoch: Number(value >> counterBits), counter: Number(value & ((1n << counterBits) - 1n))};
}

/** True when `a` is a later position than `b`, across epochs. */
export function isLater(a: Position, b: Position): boolean {
	return a.epoch > b.epoch || (a.epoch === b.epoch && a.counter > b.counter);
}
