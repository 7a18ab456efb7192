import {check, pathText, problemSentence} from '../../store/resources/problems.js';
import {ServiceInput} from '../../store/resources/service.js';
import type {ApiObject, Client} from '../client/client.js';
import {isRefused, Refused} from '../client/errors.js';
import {isObject, objectAt, textAt, type JsonObject} from '../client/value.js';
import {CliError, exitCodes} from './exit-codes.js';
import {fullName} from './kinds.js';
import type {Manifest} from './read-manifests.js';
import {threeWayPatch} from './three-way-merge.js';

/** Where kubectl and we remember what was applied last. */
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** What an apply did, or would do. */
export interface Applied {
	readonly outcome: 'created' | 'configured' | 'unchanged';
	readonly before: ApiObject | undefined;
	readonly object: ApiObject;
}

/** How often an apply starts over when somebody else writes at the same moment. */
const attempts = 5;

/**
 * Brings the node's object to what the manifest says, as kubectl's client-side apply does. Throws what the client throws; a refusal
 * names file, line and column of what was refused.
 */
export async function applyObject(client: Client, manifest: Manifest, options: {readonly namespace: string; readonly dryRun: boolean; readonly signal: AbortSignal}): Promise<Applied> {
	const place = {...(manifest.kind.namespaced ? {namespace: manifest.namespace ?? options.namespace} : {}), name: manifest.name};
	const modified = remembered(manifest.object, place.namespace);
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await applyOnce(client, {manifest, place, modified}, options);
		} catch (error) {
			const raced = isRefused(error, 'Conflict') || isRefused(error, 'AlreadyExists') || isRefused(error, 'NotFound');
			if (!raced || attempt === attempts) throw located(error, manifest);
		}
	}
}

async function applyOnce(client: Client, {manifest: {kind}, place, modified}: {readonly manifest: Manifest; readonly place: {readonly namespace?: string; readonly name: string}; readonly modified: JsonObject}, options: {readonly dryRun: boolean; readonly signal: AbortSignal}): Promise<Applied> {
	const before = await client.get(kind, place, options).catch((error: unknown) => {
		if (isRefused(error, 'NotFound')) return undefined;
		throw error;
	});
	if (before === undefined) return {outcome: 'created', before, object: await client.create(kind, place, withoutRevision(modified), options)};
	const patch = threeWayPatch({original: lastApplied(before), modified, current: before});
	if (patch === undefined) return {outcome: 'unchanged', before, object: before};
	// A list is sent whole, so it must be the list that was read.
	const guarded = {...patch, metadata: {...objectAt(patch, 'metadata'), resourceVersion: textAt(before, 'metadata', 'resourceVersion')}};
	return {outcome: 'configured', before, object: await client.patch(kind, place, guarded, options)};
}

/** What is new has no revision, though the file may be a copy of what once was; kubectl leaves it out as well. */
function withoutRevision(object: JsonObject): JsonObject {
	const {resourceVersion: _, ...metadata} = objectAt(object, 'metadata');
	return {...object, metadata};
}

/** The object with the annotation that remembers it: kubectl's text, to the byte, so that either can go on after the other. */
function remembered(object: JsonObject, namespace: string | undefined): JsonObject {
	const metadata = objectAt(object, 'metadata');
	const {[lastAppliedAnnotation]: _, ...annotations} = objectAt(metadata, 'annotations');
	const plain = {...object, metadata: {...metadata, annotations, ...(namespace === undefined ? {} : {namespace})}};
	return {...plain, metadata: {...plain.metadata, annotations: {...annotations, [lastAppliedAnnotation]: `${JSON.stringify(sorted(plain))}\n`}}};
}

function lastApplied(object: ApiObject): JsonObject | undefined {
	try {
		const value: unknown = JSON.parse(textAt(object, 'metadata', 'annotations', lastAppliedAnnotation));
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (!isObject(value)) return value;
	return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
}

function located(error: unknown, manifest: Manifest): unknown {
	if (!(error instanceof Refused)) return error;
	const lines = error.causes.map(({field, message}) => ({at: parsePath(field), message: field === '' ? message : `${field}: ${message}`}));
	// The node names misspelt fields only when nothing else is wrong, and to the point of the misspelling only here.
	const unknown = unknownFields(error, manifest).filter(({at}) => !lines.some(line => pathText(line.at) === pathText(at)));
	const all = [...lines, ...unknown];
	const name = fullName(manifest.kind, manifest.name);
	const exitCode = error.code === 401 || error.code === 403 ? exitCodes.denied : exitCodes.error;
	// Nothing in the file is to blame for these.
	if (error.code === 401 || error.code === 429 || error.code >= 500) return error;
	if (all.length === 0) return new CliError(`${manifest.placeOf([])}: ${name}: ${error.message}`, {exitCode, cause: error});
	return new CliError(`${name} was refused:\n${all.map(({at, message}) => `  ${manifest.placeOf(at)}: ${message}`).join('\n')}`, {exitCode, cause: error});
}

function unknownFields(error: Refused, manifest: Manifest): readonly {readonly at: readonly (string | number)[]; readonly message: string}[] {
	if (manifest.kind.kind === 'Service') {
		const checked = check(ServiceInput, manifest.object);
		return checked.ok ? [] : checked.problems.filter(problem => problem.kind === 'Unknown').map(problem => ({at: problem.at, message: problemSentence(problem)}));
	}
	return [...error.message.matchAll(/unknown field "((?:[^"\\]|\\.)+)"/gu)].map(([message, field]) => ({at: parsePath(field ?? ''), message}));
}

/** `spec.images[0].ports["80/tcp"]` as keys and indexes. */
export function parsePath(text: string): readonly (string | number)[] {
	return [...text.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|\[([^\]]+)\]|([^.[\]]+)/gu)].map(([, index, quoted, bare, key]) => (index === undefined ? quoted ?? bare ?? key ?? '' : Number(index)));
}
