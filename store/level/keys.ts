import {keyOf, keyText, type Kind, type ObjectKey, type Resource} from '../resources/kinds.js';

/** The one record that says how far the store has come. */
export const headKey = 'head';
/** The record that says which version of the on-disk layout this is. */
export const formatKey = 'format';

const counterDigits = 10;

/** Where an object is kept: `object/<kind>/<namespace>/<name>`. None of the parts can contain a slash. */
export function objectKey(kind: Kind, key: ObjectKey): string {
	return `object/${kind}/${keyText(key)}`;
}

/** As `objectKey`, of the object itself. */
export function keyOfObject(object: Resource): string {
	return objectKey(object.kind, keyOf(object));
}

/** Where a write is recorded: 40 bits of counter in hexadecimal, so that the keys sort as the counters do. */
export function logKey(counter: number): string {
	return `log/${counterText(counter)}`;
}

/** Where the uids are kept that a deletion left behind, by the counter of that write. */
export function deletionKey(counter: number): string {
	return `deletion/${counterText(counter)}`;
}

/** The counter in a log or deletion key. */
export function counterOf(key: string): number {
	return parseInt(key.slice(key.indexOf('/') + 1), 16);
}

/** Where an event is kept. */
export function eventKey(name: string): string {
	return `event/${name}`;
}

/** Bounds of a keyspace, for an iterator. `0` is the character after `/`. */
export function within(space: 'object' | 'log' | 'deletion' | 'event'): {readonly gt: string; readonly lt: string} {
	return {gt: `${space}/`, lt: `${space}0`};
}

function counterText(counter: number): string {
	return counter.toString(16).padStart(counterDigits, '0');
}
