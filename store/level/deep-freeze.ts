/** Freezes a JSON value to its leaves and returns it. It goes below what is already frozen, because a schema freezes only one level. */
export function deepFreeze<T>(value: T): T {
	if (typeof value === 'object' && value !== null) {
		Object.freeze(value);
		for (const part of Object.values(value)) deepFreeze(part);
	}
	return value;
}
