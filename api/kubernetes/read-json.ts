import {badRequest, type ApiError} from '../status.js';

/** What a document may hold. */
export interface DocumentLimits {
	readonly depth: number;
	readonly keys: number;
}

/** A value, and what is odd about how it was written. */
export interface ReadDocument {
	readonly value: unknown;
	/** Paths of keys that were written twice; the last one counts, as in `JSON.parse`. */
	readonly duplicates: readonly string[];
	/** Values that YAML readers understand differently (`yes`, `010`, `1.10`), where they are and as they were written. */
	readonly ambiguous?: readonly {readonly at: readonly (string | number)[]; readonly text: string}[];
}

/** Keys that change what an object is rather than what it holds. */
export const forbiddenKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
const wordPattern = /[A-Za-z_][\w.-]*/uy;
const words: ReadonlyMap<string, unknown> = new Map<string, unknown>([['true', true], ['false', false], ['null', null]]);

/**
 * Reads JSON as RFC 8259 has it and nothing else. Depth and number of keys are checked while values are built, so that no small text makes a large thing;
 * `JSON.parse` would neither bound them nor tell of keys written twice. Throws 400 that names line and column.
 */
export function readJson(text: string, limits: DocumentLimits): ReadDocument {
	const reader = new JsonReader(text, limits);
	return {value: reader.document(), duplicates: reader.duplicates};
}

class JsonReader {
	readonly duplicates: string[] = [];
	readonly #text: string;
	readonly #limits: DocumentLimits;
	#at = 0;
	#keys = 0;

	constructor(text: string, limits: DocumentLimits) {
		this.#text = text;
		this.#limits = limits;
	}

	document(): unknown {
		const value = this.#value('', 0);
		this.#skipBlanks();
		if (this.#at < this.#text.length) throw this.#wrong(`expected the end, found ${this.#here()}`);
		return value;
	}

	#value(path: string, depth: number): unknown {
		this.#skipBlanks();
		const character = this.#text[this.#at];
		if (character === '{') return this.#object(path, this.#deeper(depth));
		if (character === '[') return this.#array(path, this.#deeper(depth));
		if (character === '"') return this.#string();
		if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) return this.#number();
		return this.#word();
	}

	#object(path: string, depth: number): Readonly<Record<string, unknown>> {
		const object: Record<string, unknown> = {};
		this.#at += 1;
		if (this.#take('}')) return object;
		do {
			this.#skipBlanks();
			if (this.#text[this.#at] !== '"') throw this.#wrong(`expected a key in double quotes, found ${this.#here()}`);
			const start = this.#at;
			const key = this.#string();
			const place = path === '' ? key : `${path}.${key}`;
			if (forbiddenKeys.has(key)) throw this.#wrong(`the key "${key}" is not allowed`, start);
			if (Object.hasOwn(object, key)) this.duplicates.push(place);
			this.#keys += 1;
			if (this.#keys > this.#limits.keys) throw this.#wrong(`more than ${this.#limits.keys} keys`, start);
			if (!this.#take(':')) throw this.#wrong(`expected ":" after the key "${key}", found ${this.#here()}`);
			object[key] = this.#value(place, depth);
		} while (this.#take(','));
		if (!this.#take('}')) throw this.#wrong(`expected "," or "}", found ${this.#here()}`);
		return object;
	}

	#array(path: string, depth: number): readonly unknown[] {
		const array: unknown[] = [];
		this.#at += 1;
		if (this.#take(']')) return array;
		do array.push(this.#value(`${path}[${array.length}]`, depth));
		while (this.#take(','));
		if (!this.#take(']')) throw this.#wrong(`expected "," or "]", found ${this.#here()}`);
		return array;
	}

	#string(): string {
		const start = this.#at;
		let end = start + 1;
		let escaped = false;
		for (;;) {
			const code = this.#text.charCodeAt(end);
			if (code === 0x22) break;
			if (Number.isNaN(code)) throw this.#wrong('a text that never ends', start);
			if (code < 0x20) throw this.#wrong('a line break or control character within a text: write \\n', end);
			if (code === 0x5C) {
				escaped = true;
				end += 1;
			}
			end += 1;
		}
		this.#at = end + 1;
		return escaped ? this.#unescape(start) : this.#text.slice(start + 1, end);
	}

	#unescape(start: number): string {
		try {
			return String(JSON.parse(this.#text.slice(start, this.#at)));
		} catch {
			throw this.#wrong('an unknown escape after "\\"', start);
		}
	}

	#number(): number {
		const start = this.#at;
		const written = this.#match(numberPattern);
		const value = Number(written ?? Number.NaN);
		if (!Number.isFinite(value) || /[\w.+-]/u.test(this.#text[this.#at] ?? '')) throw this.#wrong(`not a number of JSON: ${/^[\w.+-]{1,40}/u.exec(this.#text.slice(start))?.[0] ?? ''}`, start);
		return value;
	}

	#word(): unknown {
		const start = this.#at;
		const written = this.#match(wordPattern);
		if (written === undefined) throw this.#wrong(`expected a value, found ${this.#here()}`);
		if (!words.has(written)) throw this.#wrong(`"${written.slice(0, 40)}" is no value: write true, false, null, or the text in double quotes`, start);
		return words.get(written);
	}

	#match(pattern: RegExp): string | undefined {
		pattern.lastIndex = this.#at;
		const found = pattern.exec(this.#text)?.[0];
		this.#at += found?.length ?? 0;
		return found;
	}

	#take(character: string): boolean {
		this.#skipBlanks();
		if (this.#text[this.#at] !== character) return false;
		this.#at += 1;
		return true;
	}

	#skipBlanks(): void {
		for (;;) {
			const code = this.#text.charCodeAt(this.#at);
			if (code !== 0x20 && code !== 0x0A && code !== 0x0D && code !== 0x09) return;
			this.#at += 1;
		}
	}

	#deeper(depth: number): number {
		if (depth >= this.#limits.depth) throw this.#wrong(`nested more than ${this.#limits.depth} deep`);
		return depth + 1;
	}

	#here(): string {
		const character = this.#text[this.#at];
		return character === undefined ? 'the end' : JSON.stringify(character);
	}

	#wrong(what: string, at = this.#at): ApiError {
		const before = this.#text.slice(0, at).split('\n');
		return badRequest(`the body is not valid JSON: line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${what}`);
	}
}
