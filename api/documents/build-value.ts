import {isAlias, isMap, isScalar, isSeq, type Document, type Node, type Pair, type Scalar} from 'yaml';
import {forbiddenKeys} from './document.js';
import type {DocumentLimits} from './limits.js';

/** Something wrong at an offset of the text. */
export interface Fault {
	readonly offset: number;
	readonly message: string;
}

/** A scalar as written whose meaning depends on the reader. */
export interface Ambiguity {
	readonly offset: number;
	readonly at: readonly (string | number)[];
	readonly text: string;
}

interface Built {
	readonly value: unknown;
	/** Characters the value stands for, aliases written out. */
	readonly size: number;
}

type Path = readonly (string | number)[];

const ambiguous = /^(?:y|yes|n|no|on|off|[-+]?0\d+|0o?[0-7]+|[-+]?\d[\d_]*\.\d*0|[-+]?\d[\d_]*_[\d_]*|\d+(?::[0-5]\d)+)$/iu;

/** The plain value of a composed document, with what is wrong in it. Stops at the first thing that exceeds a limit. */
export function buildValue(document: Document.Parsed, limits: DocumentLimits): {readonly value: unknown; readonly faults: readonly Fault[]; readonly ambiguities: readonly Ambiguity[]} {
	const builder = new ValueBuilder(limits);
	try {
		return {value: builder.build(document.contents, [], 0).value, faults: builder.faults, ambiguities: builder.ambiguities};
	} catch (error) {
		if (error instanceof Exceeded) return {value: undefined, faults: [...builder.faults, {offset: error.offset, message: error.message}], ambiguities: []};
		throw error;
	}
}

class Exceeded extends Error {
	override readonly name = 'Exceeded';
	readonly offset: number;
	constructor(offset: number, message: string) {
		super(message);
		this.offset = offset;
	}
}

class ValueBuilder {
	readonly faults: Fault[] = [];
	readonly ambiguities: Ambiguity[] = [];
	readonly #limits: DocumentLimits;
	readonly #anchors = new Map<string, Built | 'open'>();
	#aliases = 0;

	constructor(limits: DocumentLimits) {
		this.#limits = limits;
	}

	build(node: Node | null, path: Path, depth: number): Built {
		if (node === null) return {value: null, size: 1};
		if (isAlias(node)) return this.#alias(node.source, offsetOf(node));
		const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
		if (anchor !== undefined) this.#anchors.set(anchor, 'open');
		const built = isMap(node) ? this.#map(node.items, path, {offset: offsetOf(node), depth: depth + 1}) : isSeq(node) ? this.#list(node.items, path, {offset: offsetOf(node), depth: depth + 1}) : this.#scalar(node, path);
		if (built.size > this.#limits.bytes) throw new Exceeded(offsetOf(node), `stands for more than ${this.#limits.bytes} bytes once its aliases are written out`);
		if (anchor !== undefined) this.#anchors.set(anchor, built);
		return built;
	}

	#alias(name: string, offset: number): Built {
		this.#aliases += 1;
		if (this.#aliases > this.#limits.aliases) throw new Exceeded(offset, `more than ${this.#limits.aliases} aliases`);
		const target = this.#anchors.get(name);
		if (target === 'open') throw new Exceeded(offset, `the alias *${name} stands for something that contains it`);
		if (target !== undefined) return target;
		this.#fault(offset, `the alias *${name} names no anchor above it`);
		return {value: null, size: 1};
	}

	#map(pairs: readonly Pair[], path: Path, {offset, depth}: {offset: number; depth: number}): Built {
		this.#enter(offset, depth);
		if (pairs.length > this.#limits.keys) throw new Exceeded(offset, `a mapping of more than ${this.#limits.keys} keys`);
		const seen = new Set<string>();
		let size = 0;
		const entries = pairs.flatMap(({key, value}): readonly [string, unknown][] => {
			const text = keyText(key);
			const at = offsetOf(key) || offset;
			if (text === undefined) return this.#fault(at, 'a key must be text: put it in quotes');
			if (forbiddenKeys.has(text)) return this.#fault(at, `the key "${text}" is not allowed`);
			if (seen.has(text)) return this.#fault(at, `the key "${text}" is written twice`);
			seen.add(text);
			const built = this.build(isNodeLike(value) ? value : null, [...path, text], depth);
			size += built.size + text.length;
			return [[text, built.value]];
		});
		return {value: Object.fromEntries(entries), size: Math.max(1, size)};
	}

	#list(items: readonly unknown[], path: Path, {offset, depth}: {offset: number; depth: number}): Built {
		this.#enter(offset, depth);
		let size = 0;
		const value = items.map((item, index) => {
			const built = this.build(isNodeLike(item) ? item : null, [...path, index], depth);
			size += built.size;
			return built.value;
		});
		return {value, size: Math.max(1, size)};
	}

	#scalar(node: Node, path: Path): Built {
		if (!isScalar(node)) return {value: null, size: 1};
		const {value} = node;
		const source = node.source ?? '';
		if (node.type === 'PLAIN' && ambiguous.test(source)) this.ambiguities.push({offset: offsetOf(node), at: path, text: source});
		if (typeof value === 'number' && !Number.isFinite(value)) this.#fault(offsetOf(node), `${source} is not a number that JSON can carry: put it in quotes if it is text`);
		if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) this.#fault(offsetOf(node), `${source.slice(0, 40)} is too large to be kept exactly: put it in quotes`);
		return isPlain(value) ? {value, size: Math.max(1, source.length)} : this.#notPlain(node);
	}

	#notPlain(node: Scalar): Built {
		this.#fault(offsetOf(node), `a value of ${node.tag ?? 'this type'} is not supported: write text, a number, true, false or null`);
		return {value: null, size: 1};
	}

	#enter(offset: number, depth: number): void {
		if (depth > this.#limits.depth) throw new Exceeded(offset, `nested more than ${this.#limits.depth} deep`);
	}

	#fault(offset: number, message: string): readonly [] {
		if (this.faults.length < 20) this.faults.push({offset, message});
		return [];
	}
}

function isPlain(value: unknown): boolean {
	return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function isNodeLike(value: unknown): value is Node {
	return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

/** Keys keep their spelling: `80:` is "80", `1.10:` is "1.10". */
export function keyText(key: unknown): string | undefined {
	if (!isScalar(key)) return undefined;
	if (typeof key.value === 'string') return key.value;
	return key.value === null || key.source === undefined || key.source === '' ? undefined : key.source;
}

/** Where a node begins in the text; 0 for what has no place. */
export function offsetOf(node: unknown): number {
	return isNodeLike(node) ? node.range?.[0] ?? 0 : 0;
}
