/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON array. `Array.isArray` alone would say `any[]`. */
export function isList(value: unknown): value is readonly unknown[] {
	return Array.isArray(value);
}
