/** A place in a text; both count from 1. */
export interface Position {
	readonly line: number;
	readonly column: number;
}

/** Why a text was refused, at the place of the cause. */
export interface DocumentError extends Position {
	readonly message: string;
}

/** A scalar that YAML readers understand differently (`yes`, `010`, `1.10`), as it was written. */
export interface AmbiguousScalar extends Position {
	readonly at: readonly (string | number)[];
	readonly text: string;
}

/** One document of a text. */
export interface ReadDocument {
	/** Plain data: mappings are objects, and nothing is cyclic. What an alias names is shared, not copied. */
	readonly value: unknown;
	/** The line its content begins on. */
	readonly line: number;
	readonly ambiguous: readonly AmbiguousScalar[];
	/** Where `path` is written: a mapping's key, a list's entry; for what is not written, the nearest thing around it. */
	positionOf(path: readonly (string | number)[]): Position;
}

/** Every document, or, when one of them cannot be read, what is wrong. */
export type Reading =
	| {readonly kind: 'documents'; readonly documents: readonly ReadDocument[]}
	| {readonly kind: 'refused'; readonly errors: readonly DocumentError[]};

/** Keys that change what an object is rather than what it holds. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Positions in `text`: a function from offset to line and column. */
export function positions(text: string): (offset: number) => Position {
	const starts = [0];
	for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
	return offset => {
		let low = 0;
		let high = starts.length - 1;
		while (low < high) {
			const middle = Math.ceil((low + high) / 2);
			if ((starts[middle] ?? 0) <= offset) low = middle;
			else high = middle - 1;
		}
		return {line: low + 1, column: offset - (starts[low] ?? 0) + 1};
	};
}
