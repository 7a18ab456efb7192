import {forbiddenKeys} from './document.js';
import type {DocumentLimits} from './limits.js';

const token = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/gsu;

/**
 * The value of a text that is JSON without anything to object to, or undefined: then the YAML reader, which takes JSON too, says why.
 * Looks before it builds, because `JSON.parse` bounds neither depth nor keys and hides keys written twice.
 */
export function plainJson(text: string, limits: DocumentLimits): {readonly value: unknown} | undefined {
	if (!/^\s*[[{]/u.test(text) || !isHarmless(text, limits)) return undefined;
	try {
		const value: unknown = JSON.parse(text);
		return {value};
	} catch {
		return undefined;
	}
}

function isHarmless(text: string, limits: DocumentLimits): boolean {
	const open: (Set<string> | undefined)[] = [];
	let last = '';
	for (const [written] of text.matchAll(token)) {
		if (written === '{' || written === '[') {
			open.push(written === '{' ? new Set() : undefined);
			if (open.length > limits.depth) return false;
		} else if (written === '}' || written === ']') {
			open.pop();
		} else if (written === ':') {
			const keys = open.at(-1);
			const key = keyOf(last);
			if (keys === undefined || key === undefined || keys.has(key) || forbiddenKeys.has(key)) return false;
			keys.add(key);
			if (keys.size > limits.keys) return false;
		} else if (/^-?\d/u.test(written) && !isExact(written)) {
			return false;
		}
		last = written;
	}
	return true;
}

function isExact(number: string): boolean {
	const value = Number(number);
	return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function keyOf(written: string): string | undefined {
	if (!written.includes('\\')) return written.slice(1, -1);
	try {
		const key: unknown = JSON.parse(written);
		return typeof key === 'string' ? key : undefined;
	} catch {
		return undefined;
	}
}
