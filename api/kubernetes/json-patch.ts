import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {forbiddenKeys} from './read-json.js';
import {isList, isRecord} from './json-value.js';

const Pointer = z.string().regex(/^(?:\/(?:[^~]|~[01])*)*$/u, 'must be a JSON pointer such as /spec/replicas');
const Value = z.unknown().refine(value => value !== undefined, 'is required');

const Operation = z.discriminatedUnion('op', [
	z.looseObject({op: z.literal('add'), path: Pointer, value: Value}),
	z.looseObject({op: z.literal('remove'), path: Pointer}),
	z.looseObject({op: z.literal('replace'), path: Pointer, value: Value}),
	z.looseObject({op: z.literal('move'), path: Pointer, from: Pointer}),
	z.looseObject({op: z.literal('copy'), path: Pointer, from: Pointer}),
	z.looseObject({op: z.literal('test'), path: Pointer, value: Value}),
]);
type Operation = z.infer<typeof Operation>;

/** A JSON patch: at most 10 000 operations, as Kubernetes has it. */
export const JsonPatch = z.array(Operation).max(10_000);
export type JsonPatch = z.infer<typeof JsonPatch>;

/** The patched value, or what its operation number `index` lacks. */
export type Patched = {readonly kind: 'patched'; readonly value: unknown} | {readonly kind: 'failed'; readonly index: number; readonly message: string};

/** What a patch may make of an object. */
export interface PatchLimits {
	/** What its copies and moves may add up to, as JSON. */
	readonly bodyBytes: number;
	/** Lists and objects within each other. */
	readonly depth: number;
}

/**
 * Applies a JSON patch (RFC 6902), whole or not at all. Changes nothing in place, so a copy costs nothing here; but who looks at its result
 * looks at every copy, and forty of them, each of all before, would never be looked through. Hence the limits.
 */
export function jsonPatch(target: unknown, patch: JsonPatch, limits: PatchLimits): Patched {
	let value = target;
	let leftBytes = limits.bodyBytes;
	for (const [index, operation] of patch.entries()) {
		try {
			leftBytes -= copiedBytes(value, operation, {...limits, bodyBytes: leftBytes});
			value = applyOne(value, operation);
		} catch (error) {
			if (error instanceof PatchFailure) return {kind: 'failed', index, message: error.message};
			throw error;
		}
	}
	return {kind: 'patched', value};
}

class PatchFailure extends Error {
	override readonly name = 'PatchFailure';
}

type Path = readonly string[];

/** What the operation copies. Fails when that is too much, or when what it puts in place would nest too deep. */
function copiedBytes(root: unknown, operation: Operation, {bodyBytes, depth}: PatchLimits): number {
	if (operation.op === 'test' || operation.op === 'remove') return 0;
	const room = {depth: depth - parsePointer(operation.path).length, maxDepth: depth};
	if ('value' in operation) {
		// Its size is the body's, which is bounded already.
		sizeOf(operation.value, {...room, bytes: Number.POSITIVE_INFINITY});
		return 0;
	}
	return sizeOf(read(root, parsePointer(operation.from)), {...room, bytes: bodyBytes});
}

interface Room {
	readonly bytes: number;
	readonly depth: number;
	readonly maxDepth: number;
}

/** About how long the value is as JSON. Looks no further than there is room. */
function sizeOf(value: unknown, {bytes, depth, maxDepth}: Room): number {
	if (!isList(value) && !isRecord(value)) return typeof value === 'string' ? value.length + 2 : 4;
	if (depth <= 0) throw new PatchFailure(`nests more than ${maxDepth} deep`);
	let size = 2;
	for (const [key, inner] of Object.entries(value)) {
		size += key.length + sizeOf(inner, {bytes: bytes - size, depth: depth - 1, maxDepth});
		if (size > bytes) throw new PatchFailure('copies more than a request may hold');
	}
	return size;
}

function applyOne(root: unknown, operation: Operation): unknown {
	const path = parsePointer(operation.path);
	switch (operation.op) {
		case 'add': return add(root, path, operation.value);
		case 'remove': return remove(root, path);
		case 'replace': return path.length === 0 ? operation.value : add(remove(root, path), path, operation.value);
		case 'copy': return add(root, path, read(root, parsePointer(operation.from)));
		case 'move': {
			const from = parsePointer(operation.from);
			if (from.length < path.length && from.every((token, index) => token === path[index])) throw new PatchFailure(`cannot move ${operation.from} into itself`);
			return add(from.length === 0 ? root : remove(root, from), path, read(root, from));
		}
		case 'test': {
			if (isDeepStrictEqual(read(root, path), operation.value)) return root;
			throw new PatchFailure(`testing path ${operation.path} failed: the value there is another`);
		}
		default: return operation satisfies never;
	}
}

function parsePointer(pointer: string): Path {
	const tokens = pointer.split('/').slice(1).map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'));
	const forbidden = tokens.find(token => forbiddenKeys.has(token));
	if (forbidden !== undefined) throw new PatchFailure(`the key "${forbidden}" is not allowed`);
	return tokens;
}

function read(root: unknown, path: Path): unknown {
	return path.reduce((value, token) => childOf(value, token, path), root);
}

function add(value: unknown, path: Path, added: unknown): unknown {
	const [token, ...rest] = path;
	if (token === undefined) return added;
	if (rest.length > 0) return withChild(value, token, add(childOf(value, token, path), rest, added));
	if (isRecord(value)) return {...value, [token]: added};
	if (!isList(value)) throw missing(path);
	return value.toSpliced(token === '-' ? value.length : indexOf(token, value.length + 1), 0, added);
}

function remove(value: unknown, path: Path): unknown {
	const [token, ...rest] = path;
	if (token === undefined) throw new PatchFailure('cannot remove the whole document');
	const child = childOf(value, token, path);
	if (rest.length > 0) return withChild(value, token, remove(child, rest));
	if (isList(value)) return value.toSpliced(indexOf(token, value.length), 1);
	return isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([key]) => key !== token)) : value;
}

function withChild(value: unknown, token: string, child: unknown): unknown {
	if (isList(value)) return value.with(indexOf(token, value.length), child);
	return isRecord(value) ? {...value, [token]: child} : value;
}

function childOf(value: unknown, token: string, path: Path): unknown {
	if (isList(value)) return value[indexOf(token, value.length)];
	if (isRecord(value) && Object.hasOwn(value, token)) return value[token];
	throw missing(path);
}

function indexOf(token: string, length: number): number {
	const index = Number(token);
	if (!/^(?:0|[1-9]\d*)$/u.test(token) || index >= length) throw new PatchFailure(`"${token}" is no index of a list of ${length}`);
	return index;
}

function missing(path: Path): PatchFailure {
	return new PatchFailure(`there is nothing at ${path.map(token => `/${token}`).join('')}`);
}
