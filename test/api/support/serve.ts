import {alone} from './alone.js';
import {Registry} from 'prom-client';
import {tokenRecord} from '../../../api/auth/token.js';
import {createConnectionGate} from '../../../api/limits/connection-gate.js';
import {defaultHttpLimits, HttpLimits} from '../../../api/limits/limits.js';
import type {ApiDependencies} from '../../../api/ports/dependencies.js';
import {ApiLimits} from '../../../api/ports/limits.js';
import {createApi} from '../../../api/server.js';
import type {Store} from '../../../store/store.js';
import {listen, type Served} from './listen.js';
import {openTestStore} from './store.js';

/** An answer, its body both as text and as JSON. */
export interface Answer {
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	/** Of no type: the assertions say what is in it. */
	readonly body: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
	readonly body?: unknown;
	readonly type?: string;
	readonly accept?: string;
	readonly headers?: Readonly<Record<string, string>>;
	readonly token?: string;
}

/** The API over a real store on loopback. */
export interface TestApi extends AsyncDisposable {
	readonly store: Store;
	readonly served: Served;
	readonly dependencies: ApiDependencies;
	/** The secret of an admin's token. */
	readonly token: string;
	/** The secret of a viewer's token. */
	readonly viewToken: string;
	close(): void;
	/** Sends a request and waits for the whole answer. A string or buffer goes as it is, anything else as JSON. */
	call(method: string, path: string, options?: CallOptions): Promise<Answer>;
	open(path: string, options?: CallOptions & {readonly signal?: AbortSignal}): Promise<Response>;
}

export type Overrides = Partial<Omit<ApiDependencies, 'store' | 'limits' | 'httpLimits'>> & {readonly limits?: Partial<ApiLimits>; readonly httpLimits?: Partial<HttpLimits>; readonly nodeId?: string};

/** Everything real, but for an engine: nothing is refused and nothing runs, unless `overrides` say so. */
export async function serveTestApi({limits = {}, httpLimits = {}, nodeId, ...overrides}: Overrides = {}): Promise<TestApi> {
	const opened = await openTestStore(nodeId);
	const {store} = opened;
	const closing = new AbortController();
	const allHttpLimits = HttpLimits.parse({...defaultHttpLimits, mutationsPerSecond: 100_000, mutationsBurst: 100_000, ...httpLimits});
	const dependencies: ApiDependencies = {
		store,
		clock: {now: () => new Date(), monotonicMs: () => performance.now()},
		randomUuid: () => crypto.randomUUID(),
		admission: {review: () => []},
		workloads: {
			logs: () => { throw new Error('nothing runs here'); },
			stats: () => Promise.reject(new Error('nothing runs here')),
			volumes: () => [],
		},
		node: {
			name: 'edge_01', id: 'a'.repeat(40), version: '0.1.0',
			statistics: () => Promise.resolve({cpu: 1, memory: {total: 2, available: 1, percent: 50, used: 1, free: 1}, disk: {total: 2, used: 1, free: 1, percent: 50}, sampledAt: '2026-11-21T12:00:00Z'}),
			ports: () => [{name: 'api', type: 'http', kind: 'users', host: '127.0.0.1', port: 5023}],
			orphans: {list: () => Promise.resolve([]), prune: () => Promise.resolve(), adopt: () => Promise.resolve()},
			openBackup: () => Promise.reject(new Error('no backup here')),
			capabilities: {add: () => Promise.resolve(true), remove: () => Promise.resolve(true)},
		},
		health: {checks: () => [{name: 'store', ok: true, message: ''}]},
		metrics: new Registry(),
		meter: {answered: () => undefined, watchers: () => undefined},
		log: {debug: () => undefined, info: () => undefined, warn: () => undefined, error: (message, fields) => console.error(message, fields)},
		limits: ApiLimits.parse(limits),
		httpLimits: allHttpLimits,
		gate: createConnectionGate(allHttpLimits),
		authentication: {compatibility: false, hostNames: []},
		...alone,
		closing: closing.signal,
		...overrides,
	};
	const token = 'admin'.padEnd(43, 'x');
	const viewToken = 'viewer'.padEnd(43, 'x');
	await store.transact(transaction => {
		transaction.put(tokenRecord({name: 'admin', secret: token, role: 'admin', now: new Date()}));
		transaction.put(tokenRecord({name: 'viewer', secret: viewToken, role: 'view', now: new Date()}));
	});
	const served = await listen(createApi(dependencies));
	const open = (method: string, path: string, options: CallOptions & {readonly signal?: AbortSignal} = {}): Promise<Response> => {
		const {body, type = 'application/json', accept, headers = {}, token: secret = token, signal} = options;
		const raw = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
		return fetch(`${served.url}${path}`, {
			method,
			headers: {authorization: `Bearer ${secret}`, ...(raw === undefined || type === '' ? {} : {'content-type': type}), ...(accept === undefined ? {} : {accept}), ...headers},
			...(raw === undefined ? {} : {body: raw as string}),
			...(signal ? {signal} : {}),
		});
	};
	return {
		store, served, dependencies, token, viewToken,
		close: () => closing.abort(),
		async call(method, path, options) {
			const response = await open(method, path, options);
			const text = await response.text();
			return {status: response.status, headers: response.headers, text, body: text !== '' && (response.headers.get('content-type') ?? '').replace('x-ndjson', '').includes('json') ? JSON.parse(text) : undefined};
		},
		open: (path, options) => open('GET', path, options),
		async [Symbol.asyncDispose]() {
			closing.abort();
			await served[Symbol.asyncDispose]();
			await opened[Symbol.asyncDispose]();
		},
	};
}

/** Paths of Services. */
export const servicesPath = '/apis/motey.io/v1/namespaces/default/services';

/** A Service of the least, to be sent. */
export function serviceDocument(name: string, overrides: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
	return {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name, labels: {app: name}}, spec: {replicas: 1, images: [{name: 'web', image: 'shop/web:1'}]}, ...overrides};
}
