import {forbiddenKeys} from './read-json.js';
import {isRecord} from './json-value.js';

/** Applies a JSON merge patch (RFC 7386): `null` removes, objects merge, anything else replaces. Changes nothing in place; keys that would reach a prototype are left out. */
export function mergePatch(target: unknown, patch: unknown): unknown {
	if (!isRecord(patch)) return patch;
	const base = isRecord(target) ? target : {};
	const result = new Map(Object.entries(base));
	for (const [key, value] of Object.entries(patch)) {
		if (forbiddenKeys.has(key)) continue;
		if (value === null) result.delete(key);
		else result.set(key, mergePatch(base[key], value));
	}
	return Object.fromEntries(result);
}

/** True when a strategic merge patch means the same as a merge patch: it holds no array and no `$` directive. */
export function isPlainMerge(patch: unknown): boolean {
	if (Array.isArray(patch)) return false;
	return !isRecord(patch) || Object.entries(patch).every(([key, value]) => !key.startsWith('$') && isPlainMerge(value));
}
