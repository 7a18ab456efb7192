/**
 * Why a JSON text may be read differently: engines take a key for `known` whatever its case, and of one that stands twice in an object they may mix
 * both. Undefined when there is one reading. `value` is what the text was parsed as.
 */
export function secondReading(text: string, value: unknown, known: readonly string[]): string | undefined {
	const keys = keysIn(value);
	const folded = new Map(known.map(name => [fold(name), name]));
	const disguised = keys.find(key => (folded.get(fold(key)) ?? key) !== key);
	if (disguised !== undefined) return `the key ${JSON.stringify(disguised.slice(0, 40))} in the place of another`;
	return keys.length === keysWritten(text) ? undefined : 'a key twice';
}

function keysIn(value: unknown): readonly string[] {
	if (Array.isArray(value)) return value.flatMap(keysIn);
	if (typeof value !== 'object' || value === null) return [];
	return Object.entries(value).flatMap(([key, member]) => [key, ...keysIn(member)]);
}

/** How many keys stand in a text that is JSON: strings with a colon behind them. */
function keysWritten(text: string): number {
	return [...text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/gu)].filter(([, colon]) => colon !== undefined).length;
}

/** As Go's encoding/json compares keys: `ſ` is an s, and the sign for kelvin a k. */
const fold = (key: string): string => key.toUpperCase().toLowerCase();
