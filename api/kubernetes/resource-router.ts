import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Handling} from '../in-order.js';
import {methodOf, pathOf, queryOf} from '../request-line.js';
import {methodNotAllowed, unknownPath} from '../status.js';
import type {Exchange, Handler} from './exchange.js';
import type {Readable} from './readable.js';
import type {Verb} from './resources-table.js';
import {parseTarget, type Target} from './target.js';

/** A kind and what answers for it. What is absent is 405. */
export interface ServedKind {
	readonly readable: Readable;
	readonly verbs: Readonly<Partial<Record<Verb, Handler>>>;
	/** By name, then by verb. */
	readonly subresources: Readonly<Record<string, Readonly<Partial<Record<Verb, Handler>>>>>;
}

const verbsOfItem: Readonly<Record<string, Verb>> = {GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete', POST: 'create'};
const verbsOfCollection: Readonly<Record<string, Verb>> = {GET: 'list', HEAD: 'list', POST: 'create', DELETE: 'deletecollection'};
const methodByVerb: Readonly<Record<Verb, string>> = {get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE'};

/** Serves the kinds of one group and version below `prefix`: `/apis/GROUP/VERSION`, or `/api/v1` for the core. Paths that name none of them are left to others. */
export function resourceRouter(prefix: string, kinds: readonly ServedKind[]): Handling {
	const byPlural = new Map(kinds.map(kind => [kind.readable.resource.plural, kind]));
	return (request, response, next) => {
		const path = pathOf(request);
		const target = path.startsWith(`${prefix}/`) ? parseTarget(path.slice(prefix.length)) : undefined;
		const kind = target && byPlural.get(target.plural);
		const elsewhere = target?.subresource !== undefined && kind !== undefined && !Object.hasOwn(kind.subresources, target.subresource);
		if (!target || !kind || elsewhere || (target.namespace !== undefined && !kind.readable.resource.namespaced)) {
			next();
			return;
		}
		const query = queryOf(request);
		const {verb, handlers} = choose(kind, target, {method: methodOf(request), query});
		const handler = verb && handlers[verb];
		if (!handler) throw refuse(response, handlers);
		if (target.name !== undefined && kind.readable.resource.namespaced && target.namespace === undefined) throw unknownPath();
		return handler(exchangeOf({request, response, query, target}));
	};
}

function choose(kind: ServedKind, {namespace, name, subresource}: Target, {method, query}: {readonly method: string; readonly query: URLSearchParams}): {readonly verb: Verb | undefined; readonly handlers: Readonly<Partial<Record<Verb, Handler>>>} {
	if (subresource !== undefined) {
		return {verb: verbsOfItem[method], handlers: kind.subresources[subresource] ?? {}};
	}
	if (name !== undefined) {
		const {create: _create, list: _list, watch: _watch, deletecollection: _collection, ...handlers} = kind.verbs;
		return {verb: verbsOfItem[method], handlers};
	}
	const {get: _get, update: _update, patch: _patch, delete: _delete, deletecollection, ...others} = kind.verbs;
	// As in Kubernetes, nothing deletes across all namespaces at once.
	const isOneNamespace = namespace !== undefined || !kind.readable.resource.namespaced;
	const handlers = deletecollection && isOneNamespace ? {...others, deletecollection} : others;
	const verb = verbsOfCollection[method];
	return {verb: method === 'GET' && isWatch(query) ? 'watch' : verb, handlers};
}

function isWatch(query: URLSearchParams): boolean {
	const watch = query.get('watch');
	return watch !== null && watch !== 'false' && watch !== '0';
}

function refuse(response: ServerResponse, handlers: Readonly<Partial<Record<Verb, Handler>>>): Error {
	const methods = Object.entries(methodByVerb).filter(([verb]) => verb in handlers).map(([, method]) => method);
	response.setHeader('Allow', [...new Set(methods)].join(', '));
	return methodNotAllowed();
}

function exchangeOf({request, response, query, target}: {readonly request: IncomingMessage; readonly response: ServerResponse; readonly query: URLSearchParams; readonly target: Target}): Exchange {
	return {request, response, query, ...(target.namespace === undefined ? {} : {namespace: target.namespace}), name: target.name ?? ''};
}
