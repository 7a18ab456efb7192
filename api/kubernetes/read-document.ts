import {isUtf8} from 'node:buffer';
import type {IncomingMessage} from 'node:http';
import type {ApiLimits} from '../ports/limits.js';
import {readDocuments} from '../documents/read-documents.js';
import {badRequest, unsupportedMediaType} from '../status.js';
import {readBody} from './body.js';
import {parseMediaType} from './media-type.js';
import {readJson, type ReadDocument} from './read-json.js';

/** A body with what its sender calls it, before anybody reads meaning into it. */
export interface RawDocument {
	/** Without parameters, in lower case; JSON when the sender says nothing. */
	readonly type: string;
	readonly text: string;
}

/** The body as text. Throws 400 when it is not UTF-8, and as `readBody`. */
export async function readText(request: IncomingMessage, limits: ApiLimits): Promise<RawDocument> {
	const bytes = await readBody(request, limits);
	const {type} = parseMediaType(request.headers['content-type'] ?? 'application/json');
	if (!isUtf8(bytes)) throw type.includes('protobuf') ? protobufRefused() : badRequest('the body is not UTF-8 text');
	return {type, text: bytes.toString('utf8').replace(/^\uFEFF/u, '')};
}

/** The one document of a body. An empty body is `undefined`. Throws 400 that names the place, or 415 for a type that holds no document. */
export function readDocument({type, text}: RawDocument, limits: ApiLimits): ReadDocument {
	if (type.includes('protobuf')) throw protobufRefused();
	if (text.trim() === '') return {value: undefined, duplicates: []};
	if (type === '' || type === 'application/json' || type.endsWith('+json')) return readJson(text, limits);
	if (yamlTypes.has(type)) return readYaml(text, limits);
	throw unsupportedMediaType(`the content type "${type}" is not supported: send application/json or application/yaml`);
}

const yamlTypes: ReadonlySet<string> = new Set(['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']);

function readYaml(text: string, {bodyBytes, depth, aliases, keys}: ApiLimits): ReadDocument {
	const reading = readDocuments(text, {bytes: bodyBytes, depth, aliases, keys, documents: 2});
	if (reading.kind === 'refused') throw badRequest(`the body is not valid YAML: ${reading.errors.map(({line, column, message}) => `line ${line}, column ${column}: ${message}`).join('; ')}`);
	const [document, ...others] = reading.documents;
	if (others.length > 0) throw badRequest('the body holds several documents: send one at a time');
	return {value: document?.value, duplicates: [], ambiguous: document?.ambiguous ?? []};
}

function protobufRefused(): Error {
	return unsupportedMediaType('protobuf is not supported here: send application/json or application/yaml');
}
