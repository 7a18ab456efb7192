import {isMap, isScalar, isSeq, type Document} from 'yaml';
import {buildValue, keyText, offsetOf} from './build-value.js';
import {composeYaml} from './compose-yaml.js';
import {positions, type DocumentError, type Position, type ReadDocument, type Reading} from './document.js';
import {defaultDocumentLimits, type DocumentLimits} from './limits.js';
import {plainJson} from './plain-json.js';

const maxErrors = 10;

/**
 * Reads a text of YAML 1.2 (core) documents, or of JSON. Bounded by `limits` in time and memory whatever the text is; never throws for what is in it.
 * Documents without content are left out.
 */
export function readDocuments(text: string, limits: DocumentLimits = defaultDocumentLimits): Reading {
	if (text.length > limits.bytes || Buffer.byteLength(text) > limits.bytes) return refused([{line: 1, column: 1, message: `the text is larger than ${limits.bytes} bytes`}]);
	const json = plainJson(text, limits);
	return json ? {kind: 'documents', documents: [jsonDocument(text, json.value, limits)]} : readYaml(text, limits);
}

function readYaml(text: string, limits: DocumentLimits): Reading {
	const where = positions(text);
	const composed = composeYaml(text, limits);
	if ('message' in composed) return refused([{...where(composed.offset), message: `the text ${composed.message}`}]);
	if (composed.length > limits.documents) return refused([{line: 1, column: 1, message: `the text has more than ${limits.documents} documents`}]);
	const errors: DocumentError[] = [];
	const documents: ReadDocument[] = [];
	for (const document of composed) {
		const syntax = [...document.errors.slice(0, maxErrors), ...document.warnings.slice(0, maxErrors)].map(error => ({...where(error.pos[0]), message: sentenceOf(error.code, error.message)}));
		if (document.directives.yaml.explicit === true && document.directives.yaml.version !== '1.2') syntax.push({...where(document.range[0]), message: 'is written for YAML 1.1, which reads words such as "yes" differently: remove the %YAML line and check them'});
		// What is built from broken syntax is no guide to what else is wrong.
		const built = syntax.length > 0 ? undefined : buildValue(document, limits);
		errors.push(...syntax, ...(built?.faults ?? []).map(fault => ({...where(fault.offset), message: fault.message})));
		if (errors.length >= maxErrors) break;
		if (built && document.contents !== null && built.value !== null) documents.push(yamlDocument(document, built, where));
	}
	return errors.length > 0 ? refused(errors.slice(0, maxErrors)) : {kind: 'documents', documents};
}

function yamlDocument(document: Document.Parsed, {value, ambiguities}: ReturnType<typeof buildValue>, where: (offset: number) => Position): ReadDocument {
	return {
		value,
		line: where(offsetOf(document.contents)).line,
		ambiguous: ambiguities.map(({offset, at, text}) => ({...where(offset), at, text})),
		positionOf: path => where(offsetAt(document, path)),
	};
}

function jsonDocument(text: string, value: unknown, limits: DocumentLimits): ReadDocument {
	const line = positions(text)(text.search(/\S/u)).line;
	return {
		value,
		line,
		ambiguous: [],
		positionOf: path => {
			// Asked for only when something is wrong, so the slower reader finds it.
			const composed = composeYaml(text, limits);
			const document = 'message' in composed ? undefined : composed[0];
			return document ? positions(text)(offsetAt(document, path)) : {line, column: 1};
		},
	};
}

function offsetAt(document: Document.Parsed, path: readonly (string | number)[]): number {
	let node: unknown = document.contents;
	let offset = offsetOf(node);
	for (const part of path) {
		if (isMap(node)) {
			const pair = node.items.find(item => keyText(item.key) === String(part));
			if (pair === undefined) return offset;
			offset = isScalar(pair.key) ? offsetOf(pair.key) : offset;
			node = pair.value;
		} else if (isSeq(node)) {
			node = node.items[Number(part)];
			if (node === undefined) return offset;
			offset = offsetOf(node);
		} else {
			return offset;
		}
	}
	return offset;
}

function refused(errors: readonly DocumentError[]): Reading {
	return {kind: 'refused', errors};
}

function sentenceOf(code: string, message: string): string {
	switch (code) {
		case 'TAB_AS_INDENT': return 'indent with spaces, not tabs';
		case 'BAD_INDENT': return message.startsWith('Flow') ? 'a "[" or "{" above is not closed, or goes on without being indented' : 'is indented differently from what it belongs to';
		case 'MULTILINE_IMPLICIT_KEY': return 'a key must be on one line, followed by ":" and a blank';
		case 'BLOCK_AS_IMPLICIT_KEY': return 'has two ":" on one line: put the text in quotes, or the second key on a line of its own';
		case 'TAG_RESOLVE_FAILED': return `the tag ${message.split(' ').at(-1) ?? ''} is not supported: leave it out`;
		case 'MISSING_CHAR': return message.includes('quote') ? 'a text in quotes is never closed' : lowerFirst(message);
		default: return lowerFirst(message);
	}
}

function lowerFirst(message: string): string {
	return `${message.charAt(0).toLowerCase()}${message.slice(1).split('\n')[0] ?? ''}`;
}
