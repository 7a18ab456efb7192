import {isDeepStrictEqual} from 'node:util';
import {isObject, textAt, type JsonObject} from '../client/value.js';

/** The three states an apply compares. `original` is what was applied last; undefined when nothing was. */
export interface Versions {
	readonly original: JsonObject | undefined;
	readonly modified: JsonObject;
	readonly current: JsonObject;
}

/**
 * The JSON merge patch that brings `current` to what its file says now: what the file names is set, what it no longer names is removed,
 * and what others set and the file never named stays. As kubectl's client-side apply, except that `spec.images` is merged by name,
 * so that a scale of one image survives too. Undefined when nothing changes.
 */
export function threeWayPatch({original, modified, current}: Versions): JsonObject | undefined {
	return patchBetween(current, merged({original: original ?? {}, modified, current}, []));
}

type Path = readonly string[];

function merged({original, modified, current}: {readonly original: JsonObject; readonly modified: JsonObject; readonly current: JsonObject}, path: Path): JsonObject {
	const kept = Object.entries(current).filter(([key]) => !Object.hasOwn(original, key) || Object.hasOwn(modified, key));
	const result = new Map<string, unknown>(kept);
	for (const [key, wanted] of Object.entries(modified)) {
		if (wanted === null) result.delete(key);
		else result.set(key, mergedValue({original: original[key], modified: wanted, current: current[key]}, [...path, key]));
	}
	return Object.fromEntries(result);
}

function mergedValue({original, modified, current}: {readonly original: unknown; readonly modified: unknown; readonly current: unknown}, path: Path): unknown {
	if (isObject(modified)) return merged({original: isObject(original) ? original : {}, modified, current: isObject(current) ? current : {}}, path);
	if (path.join('.') === 'spec.images' && Array.isArray(modified) && Array.isArray(current)) return mergedByName({original: Array.isArray(original) ? original : [], modified, current}, path);
	return modified;
}

function mergedByName(lists: {readonly original: readonly unknown[]; readonly modified: readonly unknown[]; readonly current: readonly unknown[]}, path: Path): readonly unknown[] {
	const nameOf = (entry: unknown): string => textAt(entry, 'name');
	const find = (list: readonly unknown[], name: string): JsonObject => list.find((entry): entry is JsonObject => isObject(entry) && nameOf(entry) === name) ?? {};
	const named = new Set(lists.modified.map(nameOf));
	const dropped = new Set(lists.original.map(nameOf));
	return [
		...lists.modified.map(entry => (isObject(entry) ? merged({original: find(lists.original, nameOf(entry)), modified: entry, current: find(lists.current, nameOf(entry))}, [...path, nameOf(entry)]) : entry)),
		...lists.current.filter(entry => !named.has(nameOf(entry)) && !dropped.has(nameOf(entry))),
	];
}

/** The JSON merge patch (RFC 7386) from one object to another; undefined when they are equal. */
export function patchBetween(from: JsonObject, to: JsonObject): JsonObject | undefined {
	const patch = new Map<string, unknown>();
	for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch.set(key, null);
	for (const [key, value] of Object.entries(to)) {
		const before = from[key];
		if (isDeepStrictEqual(before, value)) continue;
		patch.set(key, isObject(before) && isObject(value) ? patchBetween(before, value) : value);
	}
	return patch.size === 0 ? undefined : Object.fromEntries(patch);
}
