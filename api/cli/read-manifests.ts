import {readdir, readFile, stat} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {addAbortSignal} from 'node:stream';
import {Blueprint, blueprintToService, isBlueprint} from '../../store/resources/blueprint.js';
import {nameFromReference} from '../../store/resources/image.js';
import {check, pathText, problemSentence} from '../../store/resources/problems.js';
import {isObject, listAt, textAt, type JsonObject} from '../client/value.js';
import {ambiguousEnvironment, ambiguousSentence} from '../documents/ambiguous-environment.js';
import type {ReadDocument} from '../documents/document.js';
import {defaultDocumentLimits} from '../documents/limits.js';
import {readDocuments} from '../documents/read-documents.js';
import type {ServedResource} from '../kubernetes/resources-table.js';
import {CliError, exitCodes} from './exit-codes.js';
import type {CliIo} from './io.js';
import {kindOf} from './kinds.js';

/** One object that a file describes. */
export interface Manifest {
	readonly kind: ServedResource;
	readonly name: string;
	/** Undefined when the file leaves it to the command line. */
	readonly namespace: string | undefined;
	/** Blueprints as the Service they stand for; image entries with both their names; nothing that belongs to the system. */
	readonly object: JsonObject;
	/** Where it was read; the working directory for the standard input. */
	readonly directory: string;
	/** `file.yaml:4:3`, for a path within the object. */
	placeOf(path: readonly (string | number)[]): string;
}

/** A user's own files may be larger than one request: they are sent object by object. */
const limits = {...defaultDocumentLimits, bytes: 16_777_216};

/**
 * Reads every object of a file, of a directory's `*.yaml`, `*.yml` and `*.json`, or (`-`) of the standard input. Throws one `CliError` with
 * everything that is wrong, each at its line, before anything is sent.
 */
export async function readManifests(files: readonly string[], io: Pick<CliIo, 'stdin' | 'signal'>): Promise<readonly Manifest[]> {
	if (files.length === 0) throw new CliError('say which file', {exitCode: exitCodes.usage, fix: 'With -f FILE, -f DIRECTORY, or -f - for the standard input.'});
	const texts = (await Promise.all(files.map(async file => textsOf(file, io)))).flat();
	const manifests = manifestsIn(texts);
	if (manifests.length === 0) throw new CliError(`there is no object in ${texts.map(({source}) => source).join(', ') || files.join(', ')}`);
	return manifests;
}

/** Every object of these texts. Throws as `readManifests`. */
export function manifestsIn(texts: readonly ManifestText[]): readonly Manifest[] {
	const results = texts.map(manifestsOf);
	const wrong = results.flatMap(result => result.wrong);
	if (wrong.length > 0) throw new CliError(wrong.join('\n       '));
	return results.flatMap(result => result.manifests);
}

/** The files of `-f`. A word that stands without it is told of, and not taken for one. */
export function filesNamed(files: readonly string[] | undefined, words: readonly string[]): readonly string[] {
	if (words[0] !== undefined) throw new CliError(`"${words[0]}" stands there without -f`, {exitCode: exitCodes.usage, fix: `If that is the file: -f ${words[0]}`});
	return files ?? [];
}

/** A text that describes objects. */
export interface ManifestText {
	/** As errors name it. */
	readonly source: string;
	readonly directory: string;
	readonly text: string;
}

async function textsOf(file: string, io: Pick<CliIo, 'stdin' | 'signal'>): Promise<readonly ManifestText[]> {
	if (file === '-') {
		const chunks: Buffer[] = [];
		for await (const chunk of addAbortSignal(io.signal, io.stdin)) chunks.push(Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk)));
		return [{source: 'stdin', directory: '.', text: Buffer.concat(chunks).toString('utf8')}];
	}
	try {
		if (!(await stat(file)).isDirectory()) return [{source: file, directory: dirname(file), text: await readFile(file, 'utf8')}];
		const names = (await readdir(file)).filter(name => /\.(?:ya?ml|json)$/u.test(name)).sort();
		return await Promise.all(names.map(async name => ({source: join(file, name), directory: file, text: await readFile(join(file, name), 'utf8')})));
	} catch (error) {
		const code = textAt(error, 'code');
		throw new CliError(code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${code}`, {cause: error});
	}
}

interface Result {
	readonly manifests: readonly Manifest[];
	readonly wrong: readonly string[];
}

function manifestsOf({source, directory, text}: ManifestText): Result {
	const reading = readDocuments(text, limits);
	if (reading.kind === 'refused') return {manifests: [], wrong: reading.errors.map(({line, column, message}) => `${source}:${line}:${column}: ${message}`)};
	const ambiguous = reading.documents.flatMap(document => ambiguousEnvironment(document).map(scalar => `${source}:${scalar.line}:${scalar.column}: ${pathText(scalar.at)}: ${ambiguousSentence(scalar)}`));
	const results = reading.documents.flatMap(document => (isList(document.value)
		? listAt(document.value, 'items').map((item, index) => manifestOf({source, directory, document, value: item, prefix: ['items', index]}))
		: [manifestOf({source, directory, document, value: document.value, prefix: []})]));
	return {manifests: results.flatMap(result => result.manifests), wrong: [...ambiguous, ...results.flatMap(result => result.wrong)]};
}

interface Item {
	readonly source: string;
	readonly directory: string;
	readonly document: ReadDocument;
	readonly value: unknown;
	readonly prefix: readonly (string | number)[];
}

function manifestOf({source, directory, document, value, prefix}: Item): Result {
	const place = (path: readonly (string | number)[]): string => {
		const {line, column} = document.positionOf([...prefix, ...path]);
		return `${source}:${line}:${column}`;
	};
	const wrong = (message: string, path: readonly (string | number)[] = []): Result => ({manifests: [], wrong: [`${place(path)}: ${message}`]});
	if (!isObject(value)) return wrong('this is no object: a Service begins with "kind: Service"');
	if (isBlueprint(value)) {
		const checked = check(Blueprint, value);
		if (!checked.ok) return {manifests: [], wrong: checked.problems.map(problem => `${place(problem.at)}: ${problemSentence(problem)}`)};
		// The paths of a Service's spec are those of its blueprint.
		return manifestOfObject({...blueprintToService(checked.value)}, {directory, placeOf: path => place(path[0] === 'spec' ? path.slice(1) : [])}, wrong);
	}
	return manifestOfObject(value, {directory, placeOf: place}, wrong);
}

function manifestOfObject(value: JsonObject, origin: Pick<Manifest, 'directory' | 'placeOf'>, wrong: (message: string, path?: readonly (string | number)[]) => Result): Result {
	const kindName = textAt(value, 'kind');
	if (kindName === '') return wrong('has no kind: write "kind: Service"');
	const apiVersion = textAt(value, 'apiVersion') || 'motey.io/v1';
	const kind = kindOf(apiVersion, kindName);
	if (kind === undefined) return wrong(`there is no kind ${kindName} in ${apiVersion}: a service is "apiVersion: motey.io/v1, kind: Service"`, ['kind']);
	const name = textAt(value, 'metadata', 'name');
	if (name === '') return wrong('has no metadata.name', ['metadata']);
	const namespace = textAt(value, 'metadata', 'namespace') || undefined;
	return {manifests: [{kind, name, namespace, object: ownPart({...value, apiVersion, kind: kindName}), ...origin}], wrong: []};
}

const systemFields = new Set(['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'managedFields', 'selfLink']);

function ownPart({status: _, ...object}: JsonObject): JsonObject {
	const {metadata, spec} = object;
	return {
		...object,
		metadata: Object.fromEntries(Object.entries(isObject(metadata) ? metadata : {}).filter(([key]) => !systemFields.has(key))),
		...(isObject(spec) && Array.isArray(spec['images']) ? {spec: {...spec, images: spec['images'].map(bothNames)}} : {}),
	};
}

/** As the node stores it: an entry's `name` and `image` follow from each other. */
function bothNames(entry: unknown): unknown {
	if (!isObject(entry)) return entry;
	const {name, image} = entry;
	if (name === undefined && typeof image === 'string') return {...entry, name: nameFromReference(image)};
	if (image === undefined && typeof name === 'string') return {...entry, name: nameFromReference(name), image: name};
	return entry;
}

function isList(value: unknown): boolean {
	return isObject(value) && textAt(value, 'kind').endsWith('List') && Array.isArray(value['items']);
}
