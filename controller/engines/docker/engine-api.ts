import Dockerode from 'dockerode';
import {call, type Call} from './call.js';
import {defaultDeadlines, type Deadlines} from './deadlines.js';
import {ScopedAbort} from './scoped-abort.js';

/** Where an engine listens, and the path of its socket when it has one. */
export interface Address {
	readonly options: Dockerode.DockerOptions;
	readonly socketPath: string | undefined;
}

/** Reads `unix:///path`, `tcp://host:port` or `http://host:port`. */
export function addressOf(url: string): Address {
	const parsed = new URL(url);
	if (parsed.protocol === 'unix:') return {options: {socketPath: decodeURIComponent(parsed.pathname)}, socketPath: decodeURIComponent(parsed.pathname)};
	// Node takes an IPv6 address without the brackets that a URL needs.
	const host = parsed.hostname.replace(/^\[|\]$/gu, '');
	return {options: {protocol: 'http', host, port: Number(parsed.port === '' ? 2375 : parsed.port)}, socketPath: undefined};
}

/** One request of the Engine API. */
export interface Request {
	readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Without a query; parts of it that come from outside are escaped by the caller. */
	readonly path: string;
	readonly query?: Readonly<Record<string, unknown>>;
	readonly body?: object;
	/** A tar archive, in place of a body; a stream is sent as it comes. */
	readonly archive?: Buffer | NodeJS.ReadableStream;
	readonly login?: object;
}

type Doing = Pick<Call, 'what' | 'signal'> & {readonly deadlineMs?: number};

/** 304 is Docker's "already so", which is what every caller here wants to hear. */
const good = {200: true, 201: true, 202: true, 204: true, 304: true};

/**
 * The Engine API with a deadline for every class of call and `EngineError`s. It knows nothing of instances.
 * Requests go to dockerode's modem: its methods let an abort reach only some of the calls, and reject Docker's "already so".
 */
export class EngineApi {
	readonly deadlines: Deadlines;
	readonly #modem: Dockerode['modem'];

	constructor(options: Dockerode.DockerOptions, deadlines: Partial<Deadlines> = {}) {
		this.#modem = new Dockerode(options).modem;
		this.deadlines = {...defaultDeadlines, ...deadlines};
	}

	/** A call that only reads; resolves with what the engine answered, parsed from JSON. */
	async read(doing: Doing, request: Request): Promise<unknown> {
		return call({changes: false, deadlineMs: this.deadlines.inspectMs, ...doing}, async signal => this.#dial(request, {signal, isStream: false}));
	}

	/** A call that changes something; when its answer is lost its outcome is unknown. */
	async change(doing: Doing & {readonly deadlineMs: number}, request: Request): Promise<unknown> {
		return call({changes: true, ...doing}, async signal => this.#dial({method: 'POST', ...request}, {signal, isStream: false}));
	}

	/**
	 * A call whose answer goes on; resolves when it begins, within `deadlineMs` if there is one. Aborting `signal` ends it at any time.
	 * Rejects with the bare error, since only the caller knows what a broken stream means.
	 */
	async stream(request: Request, {signal, deadlineMs}: {readonly signal: AbortSignal; readonly deadlineMs: number | undefined}): Promise<NodeJS.ReadableStream> {
		const scope = new ScopedAbort(signal, deadlineMs);
		try {
			const answer = await this.#dial(request, {signal: scope.signal, isStream: true});
			if (!isReadable(answer)) throw new TypeError('The Docker Engine answered no stream');
			answer.once('close', () => scope[Symbol.dispose]());
			scope.settle();
			return answer;
		} catch (error) {
			scope[Symbol.dispose]();
			throw error;
		}
	}

	async #dial({method = 'GET', path, query = {}, body, archive, login}: Request, {signal, isStream}: {readonly signal: AbortSignal; readonly isStream: boolean}): Promise<unknown> {
		return new Promise((resolve, reject) => {
			const options = {_query: query, ...(body === undefined ? {_body: {}} : {_body: body})};
			this.#modem.dial({path: `${path}?`, method, options, abortSignal: signal, isStream, statusCodes: good, ...(login === undefined ? {} : {authconfig: login}), ...(archive === undefined ? {} : {file: archive})}, (error, answer) => {
				if (error === null) resolve(answer);
				else reject(error);
			});
		});
	}
}

const isReadable = (value: unknown): value is NodeJS.ReadableStream => typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
