/** A JSON object of unknown content. Read by hand, because the schemas' library alone would double the CLI's start-up time. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands at the path, or undefined. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
	return path.reduce<unknown>((inner, key) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? Reflect.get(inner, key) : undefined), value);
}

/** The text (or number, as text) at the path; empty when there is none. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string {
	const found = at(value, ...path);
	return typeof found === 'string' ? found : typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

/** The number at the path, or undefined. */
export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | undefined {
	const found = at(value, ...path);
	return typeof found === 'number' ? found : undefined;
}

/** The list at the path; empty when there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
	const found: unknown = at(value, ...path);
	return Array.isArray(found) ? found : [];
}

/** The object at the path; empty when there is none. */
export function objectAt(value: unknown, ...path: readonly (string | number)[]): JsonObject {
	const found = at(value, ...path);
	return isObject(found) ? found : {};
}
