/** True when both values have the same JSON. A property that is undefined counts as absent, and key order does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
	if (a === b) return true;
	if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
	if (!isPlain(a) || !isPlain(b)) return false;
	return Object.keys(a).every(key => sameJson(a[key], b[key]))
		&& Object.keys(b).every(key => b[key] === undefined || a[key] !== undefined);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === Object.prototype || prototype === null;
}
