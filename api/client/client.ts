import type {Readable} from 'node:stream';
import type {ServedResource} from '../kubernetes/resources-table.js';
import {AnswerUnreadable, NoNodeAnswers} from './errors.js';
import {linesOf} from './lines.js';
import {requestJson, requestStream, type Call, type Endpoint} from './transport.js';
import {isObject, listAt, numberAt, objectAt, textAt, type JsonObject} from './value.js';
import {watch, type WatchEvent} from './watch.js';

/** The kind a request is about. */
export type ResourceKind = Pick<ServedResource, 'group' | 'version' | 'plural' | 'namespaced'>;

/** An object as the API shows it. */
export interface ApiObject extends JsonObject {
	readonly apiVersion: string;
	readonly kind: string;
	readonly metadata: JsonObject & {readonly name: string};
}

/** A list at one revision. */
export interface ApiList {
	readonly resourceVersion: string;
	readonly items: readonly ApiObject[];
}

/** Where in a kind: all namespaces without `namespace`; what the selectors leave. */
export interface Scope {
	readonly namespace?: string;
	readonly labelSelector?: string;
	readonly fieldSelector?: string;
	readonly signal?: AbortSignal;
}

/** How a write is done. */
export interface WriteOptions {
	readonly dryRun?: boolean;
	readonly signal?: AbortSignal;
	/** Sent as `fieldManager`; `motey` when not said. */
	readonly manager?: string;
}

/** One object of a kind. */
export interface ObjectName {
	readonly namespace?: string;
	readonly name: string;
	/** Which of several of that name; without, the one that keeps it. */
	readonly uid?: string;
}

/** Options of a log read, named as the API names them. */
export interface LogQuery {
	readonly follow?: boolean;
	readonly tailLines?: number;
	readonly previous?: boolean;
	readonly timestamps?: boolean;
	readonly sinceSeconds?: number;
	readonly signal?: AbortSignal;
}

/** A transfer that a node's `file.open` has opened, and where in the file. */
export interface FilePlace {
	readonly node: string;
	readonly transfer: string;
	readonly offset: number;
	readonly signal?: AbortSignal;
}

/** Content types of the patches. */
export const mergePatch = 'application/merge-patch+json';
export const jsonPatch = 'application/json-patch+json';

/**
 * The API of one node. Every call has a deadline (15 s to the answer's head) and throws `Refused`, `NoNodeAnswers`, `AnswerTooLate`
 * or `AnswerUnreadable`; streams go on until their signal aborts.
 */
export function createClient(endpoint: Endpoint) {
	const call = (request: Call): Promise<unknown> => requestJson(endpoint, request);
	const write = async (request: Call, options: WriteOptions): Promise<ApiObject> =>
		apiObject(await call({...request, path: withQuery(request.path, {fieldManager: options.manager ?? 'motey', fieldValidation: 'Strict', ...(options.dryRun === true ? {dryRun: 'All'} : {})}), ...signalOf(options)}), endpoint);
	return {
		endpoint,
		/** Any request of the API. */
		call,
		async get(kind: ResourceKind, name: ObjectName, options: {readonly signal?: AbortSignal} = {}): Promise<ApiObject> {
			return apiObject(await call({method: 'GET', path: withQuery(pathOf(kind, name), uidOf(name)), ...signalOf(options)}), endpoint);
		},
		async list(kind: ResourceKind, scope: Scope = {}): Promise<ApiList> {
			const value = await call({method: 'GET', path: withQuery(pathOf(kind, scope), selectorsOf(scope)), ...signalOf(scope)});
			const kindOfItems = textAt(value, 'kind').replace(/List$/u, '');
			const items = listAt(value, 'items').map(item => apiObject({apiVersion: textAt(value, 'apiVersion'), kind: kindOfItems, ...(isObject(item) ? item : {})}, endpoint));
			return {resourceVersion: textAt(value, 'metadata', 'resourceVersion'), items};
		},
		/** The list, or the one object, as the server lays it out in cells. */
		table(kind: ResourceKind, scope: Scope & {readonly name?: string; readonly uid?: string}): Promise<unknown> {
			return call({method: 'GET', path: withQuery(pathOf(kind, scope), {...selectorsOf(scope), ...uidOf(scope)}), accept: tableType, ...signalOf(scope)});
		},
		create(kind: ResourceKind, place: {readonly namespace?: string}, object: JsonObject, options: WriteOptions = {}): Promise<ApiObject> {
			const path = pathOf(kind, place.namespace === undefined ? {} : {namespace: place.namespace});
			return write({method: 'POST', path, body: object}, options);
		},
		replace(kind: ResourceKind, name: ObjectName, object: JsonObject, options: WriteOptions = {}): Promise<ApiObject> {
			return write({method: 'PUT', path: pathOf(kind, name), body: object}, options);
		},
		patch(kind: ResourceKind, name: ObjectName & {readonly subresource?: string}, patch: unknown, options: WriteOptions & {readonly contentType?: string} = {}): Promise<ApiObject> {
			const path = `${pathOf(kind, name)}${name.subresource === undefined ? '' : `/${name.subresource}`}`;
			return write({method: 'PATCH', path, body: patch, contentType: options.contentType ?? mergePatch}, options);
		},
		/** Answers once the deletion is stored; what it belongs to may still be ending. */
		async remove(kind: ResourceKind, name: ObjectName, {onWarning, ...options}: WriteOptions & {readonly onWarning?: (text: string) => void} = {}): Promise<void> {
			await call({method: 'DELETE', path: withQuery(pathOf(kind, name), {...uidOf(name), ...(options.dryRun === true ? {dryRun: 'All'} : {})}), ...signalOf(options), ...(onWarning === undefined ? {} : {onWarning})});
		},
		watch(kind: ResourceKind, scope: Scope & {readonly since?: string; readonly table?: boolean}): AsyncGenerator<WatchEvent, void> {
			const {since, table} = scope;
			return watch(endpoint, {
				path: pathOf(kind, scope), query: selectorsOf(scope), ...signalOf(scope),
				...(since === undefined ? {} : {since}), ...(table === true ? {accept: tableType} : {}),
			});
		},
		/** What a service answers, part by part: `{action, data, binary?}` with bytes in base64, or `{error}` as the last. */
		async * ask({signal, ...order}: {readonly service: string; readonly action: string; readonly data: unknown; readonly deadlineMs: number; readonly signal?: AbortSignal}): AsyncGenerator<JsonObject, void> {
			const stream = await requestStream(endpoint, {method: 'POST', path: '/cluster/call', body: order, accept: 'application/x-ndjson, application/json', ...(signal ? {signal} : {})});
			for await (const line of linesOf(stream)) yield objectAt(parsedLine(line, endpoint));
		},
		/** Sends bytes of a file to a transfer that is open at a node; how many of the file's the node has then. */
		async sendFile({node, transfer, offset, signal}: FilePlace, bytes: AsyncIterable<Uint8Array>): Promise<number> {
			const answer = await call({method: 'PUT', path: filePath({node, transfer, offset}), bytes, deadlineMs: fileDeadlineMs, ...(signal ? {signal} : {})});
			const held = numberAt(answer, 'held');
			if (held === undefined) throw new AnswerUnreadable(`${endpoint.server} did not say what it holds`);
			return held;
		},
		/** Every byte of an open transfer's file from `offset` on. Fewer than there should be means that it broke off. */
		async fetchFile({node, transfer, offset, signal}: FilePlace): Promise<Readable> {
			return requestStream(endpoint, {method: 'GET', path: filePath({node, transfer, offset}), accept: 'application/octet-stream, application/json', deadlineMs: fileDeadlineMs, ...(signal ? {signal} : {})});
		},
		/** The archive of an image that a node has. An answer that breaks off throws while it is read. */
		async imageArchive({node, id, signal}: {readonly node: string; readonly id: string; readonly signal?: AbortSignal}): Promise<Readable> {
			return requestStream(endpoint, {method: 'GET', path: `/cluster/images/${encodeURIComponent(node)}/${encodeURIComponent(id)}`, accept: 'application/octet-stream, application/json', deadlineMs: fileDeadlineMs, ...(signal ? {signal} : {})});
		},
		/** What a command in an Instance writes, part by part: `{stream, text}`, and `{exitCode}` or `{error}` as the last. */
		async * exec(instance: ObjectName, {command, signal}: {readonly command: readonly string[]; readonly signal?: AbortSignal}): AsyncGenerator<JsonObject, void> {
			const stream = await requestStream(endpoint, {method: 'POST', path: `${pathOf(instances, instance)}/exec`, body: {command}, accept: 'application/x-ndjson, application/json', ...(signal ? {signal} : {})});
			for await (const line of linesOf(stream)) yield objectAt(parsedLine(line, endpoint));
		},
		/** The lines an Instance wrote. */
		async * logs(instance: ObjectName, query: LogQuery = {}): AsyncGenerator<string, void> {
			const {signal, ...rest} = query;
			const parameters = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, String(value)]));
			const stream = await requestStream(endpoint, {method: 'GET', path: withQuery(`${pathOf(instances, instance)}/log`, parameters), accept: 'text/plain, application/json', ...(signal ? {signal} : {})});
			try {
				yield* linesOf(stream);
			} catch (error) {
				throw new NoNodeAnswers(`${endpoint.server} broke off in the middle of the log of ${instance.name}`, {fix: 'Is it still running? `motey status` says.', cause: error});
			}
		},
	};
}
export type Client = ReturnType<typeof createClient>;

/** To the head of the answer, which a node far away may take its time for. */
const fileDeadlineMs = 90_000;

const filePath = ({node, transfer, offset}: FilePlace): string => `/cluster/files/${encodeURIComponent(node)}/${encodeURIComponent(transfer)}?offset=${offset}`;

const tableType = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const instances: ResourceKind = {group: 'motey.io', version: 'v1', plural: 'instances', namespaced: true};

/** The path of a kind, or of one object of it. */
export function pathOf(kind: ResourceKind, place: {readonly namespace?: string; readonly name?: string}): string {
	const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
	const namespace = kind.namespaced && place.namespace !== undefined ? `/namespaces/${encodeURIComponent(place.namespace)}` : '';
	return `${base}${namespace}/${kind.plural}${place.name === undefined ? '' : `/${encodeURIComponent(place.name)}`}`;
}

function parsedLine(line: string, {server}: Endpoint): unknown {
	try {
		const value: unknown = JSON.parse(line);
		return value;
	} catch (error) {
		throw new AnswerUnreadable(`${server} broke off its answer`, {cause: error});
	}
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
	const text = new URLSearchParams(query).toString();
	return text === '' ? path : `${path}?${text}`;
}

function uidOf({uid}: {readonly uid?: string}): Readonly<Record<string, string>> {
	return uid === undefined ? {} : {uid};
}

function selectorsOf({labelSelector, fieldSelector}: Scope): Readonly<Record<string, string>> {
	return {...(labelSelector === undefined ? {} : {labelSelector}), ...(fieldSelector === undefined ? {} : {fieldSelector})};
}

function signalOf({signal}: {readonly signal?: AbortSignal}): {readonly signal?: AbortSignal} {
	return signal ? {signal} : {};
}

function apiObject(value: unknown, {server}: Endpoint): ApiObject {
	const name = textAt(value, 'metadata', 'name');
	if (!isObject(value) || !isObject(value['metadata'])) throw new AnswerUnreadable(`${server} did not answer with an object of the API: is it a Motey node?`);
	return {...value, apiVersion: textAt(value, 'apiVersion'), kind: textAt(value, 'kind'), metadata: {...value['metadata'], name}};
}
