import {Composer, Lexer, Parser, type CST, type Document} from 'yaml';
import type {DocumentLimits} from './limits.js';

/** Pieces of syntax in one text; 1 MiB of ordinary YAML has less. Keeps the time to look at a hostile text below a second or so. */
const maxTokens = 400_000;

/** A text that was given up on at `offset`. */
export interface TooMuch {
	readonly offset: number;
	readonly message: string;
}

/**
 * Composes the documents of a YAML text, as YAML 1.2 core. Nesting is counted while tokens come, because composing recurses;
 * keys written twice are left to the reader of the values, because the package's own search is quadratic.
 */
export function composeYaml(text: string, limits: DocumentLimits): readonly Document.Parsed[] | TooMuch {
	const syntax = parseTokens(text, limits);
	if ('message' in syntax) return syntax;
	const composer = new Composer({uniqueKeys: false, schema: 'core', version: '1.2', prettyErrors: false, keepSourceTokens: false});
	return [...composer.compose(syntax)];
}

function parseTokens(text: string, limits: DocumentLimits): readonly CST.Token[] | TooMuch {
	const parser = new Parser();
	const tokens: CST.Token[] = [];
	let count = 0;
	let documents = 0;
	for (const lexeme of new Lexer().lex(text)) {
		count += 1;
		if (count > maxTokens) return {offset: parser.offset, message: 'has too many parts: split it into several files'};
		for (const token of parser.next(lexeme)) {
			tokens.push(token);
			if (token.type === 'document') documents += 1;
		}
		// One for the document, one for the scalar being read.
		if (parser.stack.length > limits.depth + 2) return {offset: parser.offset, message: `is nested more than ${limits.depth} deep`};
		if (documents > limits.documents) return {offset: parser.offset, message: `has more than ${limits.documents} documents`};
	}
	for (const token of parser.end()) tokens.push(token);
	return tokens;
}
