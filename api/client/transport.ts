import {request as plainRequest, type IncomingMessage, type RequestOptions} from 'node:http';
import {Readable} from 'node:stream';
import {AnswerTooLate, AnswerUnreadable, NoNodeAnswers, Refused, type Cause} from './errors.js';
import {isObject, listAt, numberAt, textAt} from './value.js';

/** Where a node is, and what it takes to be let in. */
export interface Endpoint {
	/** `http://…`, `https://…` or `unix:///path`. */
	readonly server: string;
	readonly token?: string;
	/** PEM of the only authority that is believed, instead of the system's. */
	readonly ca?: string;
}

/** One request. `body` that is no text is sent as JSON. */
export interface Call {
	readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
	/** With its query. */
	readonly path: string;
	readonly body?: unknown;
	/** Sent as they come, instead of a body. What they throw ends the request and is thrown. */
	readonly bytes?: AsyncIterable<Uint8Array>;
	readonly contentType?: string;
	readonly accept?: string;
	readonly signal?: AbortSignal;
	/** To the head of the answer. */
	readonly deadlineMs?: number;
	/** Told what the node warns of beside an answer of success. */
	readonly onWarning?: (text: string) => void;
}

const defaultDeadlineMs = 15_000;
const unreachable: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'EACCES', 'EPERM']);

/** The whole answer as JSON; undefined when it is empty. Throws `Refused`, `NoNodeAnswers`, `AnswerTooLate`, `AnswerUnreadable`, or the signal's reason. */
export async function requestJson(endpoint: Endpoint, call: Call): Promise<unknown> {
	const response = await requestStream(endpoint, call);
	const text = await textOf(response, endpoint);
	if (text.trim() === '') return undefined;
	const value = parsed(text);
	if (value === undefined) throw new AnswerUnreadable(`${endpoint.server} did not answer with JSON: is it a Motey node?`);
	return value;
}

/** The answer as it comes, once its head says success. Throws as `requestJson`. */
export async function requestStream(endpoint: Endpoint, call: Call): Promise<IncomingMessage> {
	const response = await send(endpoint, call);
	const status = response.statusCode ?? 0;
	if (status >= 200 && status < 300 || status === 304) {
		for (const [, text = ''] of (response.headers.warning ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/gu)) call.onWarning?.(text.replace(/\\(.)/gu, '$1'));
		return response;
	}
	throw refusal(status, await textOf(response, endpoint), response);
}

async function send(endpoint: Endpoint, call: Call): Promise<IncomingMessage> {
	const {options, tls} = connection(endpoint);
	const body = call.body === undefined ? undefined : typeof call.body === 'string' ? call.body : JSON.stringify(call.body);
	const headers = {
		Accept: call.accept ?? 'application/json',
		'User-Agent': 'motey',
		...(endpoint.token === undefined ? {} : {Authorization: `Bearer ${endpoint.token}`}),
		...(call.bytes === undefined ? {} : {'Content-Type': 'application/octet-stream'}),
		...(body === undefined ? {} : {'Content-Type': call.contentType ?? 'application/json', 'Content-Length': Buffer.byteLength(body)}),
	};
	const request = tls ? (await import('node:https')).request : plainRequest;
	call.signal?.throwIfAborted();
	return new Promise((resolve, reject) => {
		const deadlineMs = call.deadlineMs ?? defaultDeadlineMs;
		const outgoing = request({...options, method: call.method, path: call.path, headers, ...(call.signal ? {signal: call.signal} : {})});
		const deadline = setTimeout(() => outgoing.destroy(new AnswerTooLate(`${endpoint.server} did not answer within ${deadlineMs / 1000} s; whether it did what was asked is unknown, and repeating it is safe`)), deadlineMs);
		const source = call.bytes && Readable.from(call.bytes, {objectMode: false});
		outgoing.once('response', response => {
			clearTimeout(deadline);
			// Whoever answers before everything was sent wants no more of it.
			source?.unpipe(outgoing).destroy();
			resolve(response);
		});
		outgoing.once('close', () => source?.destroy());
		outgoing.once('error', error => {
			clearTimeout(deadline);
			reject(explained(error, endpoint));
		});
		if (source) source.once('error', error => outgoing.destroy(error)).pipe(outgoing);
		else outgoing.end(body);
	});
}

function connection({server, ca}: Endpoint): {readonly options: RequestOptions & {ca?: string}; readonly tls: boolean} {
	if (server.startsWith('unix://')) return {options: {socketPath: server.slice('unix://'.length), host: 'localhost', agent: false}, tls: false};
	const url = URL.canParse(server) ? new URL(server) : undefined;
	if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new NoNodeAnswers(`${server} is no address of a node`, {fix: 'Write it as http://127.0.0.1:5023, https://HOST:5443 or unix:///run/motey/motey.sock.'});
	const tls = url.protocol === 'https:';
	return {options: {hostname: url.hostname.replace(/^\[|\]$/gu, ''), port: url.port || (tls ? 5443 : 5023), agent: false, ...(ca === undefined ? {} : {ca})}, tls};
}

function explained(error: Error, {server}: Endpoint): Error {
	const code = textAt(error, 'code');
	if (error instanceof AnswerTooLate || error.name === 'AbortError') return error;
	if (code === 'EACCES' || code === 'EPERM') return new NoNodeAnswers(`the node at ${server} may not be opened by this user`, {fix: 'Run as root, or as a member of the group that owns the socket.', cause: error});
	if (unreachable.has(code)) return new NoNodeAnswers(`no node answers at ${server}`, {fix: 'Is it running? `motey status` says, `motey start` starts one; --server or MOTEY_SERVER names another.', cause: error});
	if (/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO_(?:VERIFY|GET)/u.test(code)) return new NoNodeAnswers(`the certificate of ${server} is not trusted (${code})`, {fix: 'Name its authority with --certificate-authority FILE, or use the context that `motey start` wrote.', cause: error});
	if (code.startsWith('ERR_SSL') || code === 'EPROTO' || code.startsWith('HPE_')) return new NoNodeAnswers(`${server} does not speak the expected protocol`, {fix: 'Plain HTTP is served on port 5023, TLS on port 5443.', cause: error});
	return error;
}

async function textOf(response: IncomingMessage, {server}: Endpoint): Promise<string> {
	response.setEncoding('utf8');
	response.setTimeout(defaultDeadlineMs, () => response.destroy(new AnswerTooLate(`${server} stopped in the middle of its answer for ${defaultDeadlineMs / 1000} s; repeating what was asked is safe`)));
	let text = '';
	try {
		for await (const chunk of response) text += String(chunk);
	} catch (error) {
		if (error instanceof AnswerTooLate) throw error;
		throw new NoNodeAnswers(`${server} broke off in the middle of its answer`, {fix: 'Try again; `motey status` says whether the node is well.', cause: error});
	}
	return text;
}

function refusal(code: number, text: string, response: IncomingMessage): Refused {
	const status = parsed(text);
	const causes: readonly Cause[] = listAt(status, 'details', 'causes').map(cause => ({reason: textAt(cause, 'reason'), message: textAt(cause, 'message'), field: textAt(cause, 'field')}));
	const retryAfterSeconds = numberAt(status, 'details', 'retryAfterSeconds') ?? (Number(response.headers['retry-after']) || undefined);
	return new Refused(textAt(status, 'message') || `the node answered ${code}`, {code, reason: textAt(status, 'reason') || String(code), causes, retryAfterSeconds});
}

function parsed(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) || Array.isArray(value) ? value : undefined;
	} catch {
		return undefined;
	}
}
