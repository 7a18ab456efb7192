import {once} from 'node:events';
import {request as httpRequest, type IncomingMessage} from 'node:http';
import {Readable} from 'node:stream';
import {forwardedHeader} from '../../api/fleet/forwarded.js';
import {FleetError, type ForwardedRequest, type ForwardedResponse} from '../../api/ports/fleet.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import type {Part} from '../peers/mdp/answer.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {PeerSockets} from '../peers/open.js';
import type {Answer} from '../peers/pending.js';
import {ApiHead, ApiRequest} from './wire.js';

/** Headers that mean the same on another node. */
const requestHeaders = ['accept', 'authorization', 'content-type', 'user-agent'] as const;
const responseHeaders = ['content-type', 'location', 'retry-after', 'warning', 'motey-as-of', 'motey-isolated'] as const;
/** Until the head of the answer: contract C1's 10 s and the way. */
const answerMs = 12_000;
const chunkBytes = 262_144;

/** Performs another node's API request here, with the user's own token, which is checked like all others. `socket` is that of the own API. */
export function apiAction(socket: () => string): Builtin {
	return builtin({
		service: 'objects', action: 'api.request', summary: 'perform a request of the HTTP API on this node, with the token that it carries', schema: ApiRequest,
		async* handle({method, path, headers}, {caller, signal, binary}): AsyncGenerator<Part, null> {
			if (caller.kind !== 'member') throw new CallError('Forbidden', 'only members of the cluster may ask this', {fix: 'Programs of this host use the HTTP API itself.'});
			const outgoing = httpRequest({socketPath: socket(), method, path, headers: {...pick(headers, requestHeaders), [forwardedHeader]: caller.nodeId, host: 'localhost', ...(binary ? {'content-length': binary.length} : {})}, signal});
			outgoing.end(binary);
			const [response] = await once(outgoing, 'response', {signal}).then((all: IncomingMessage[]) => all);
			if (!response) throw new CallError('Internal', 'the API gave no answer');
			yield {data: {status: response.statusCode ?? 500, headers: pick(response.headers, responseHeaders)}};
			const body: AsyncIterable<Buffer> = response;
			for await (const bytes of body) {
				for (let at = 0; at < bytes.length; at += chunkBytes) yield {binary: bytes.subarray(at, at + chunkBytes)};
			}
			return null;
		},
	});
}

/** Sends a request to another node's API and answers with its head as soon as it is there; the body follows as it comes. Throws a `FleetError`. */
export async function forward(sockets: Pick<PeerSockets, 'stream'>, nodeId: string, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardedResponse> {
	const {method, path, headers, body} = request;
	let parts: AsyncIterator<Answer, unknown> | undefined;
	try {
		parts = sockets.stream(nodeId, {service: 'objects', action: 'api.request', data: {method, path, headers: pick(headers, requestHeaders)}, deadlineMs: answerMs, binary: body, signal})[Symbol.asyncIterator]();
		const first = await parts.next();
		const head = ApiHead.parse(first.done === true ? undefined : first.value.data);
		return {...head, body: Readable.from(rest(parts))};
	} catch (error) {
		await parts?.return?.();
		const code = error instanceof PeerError && error.code === 'Unreachable' && method === 'GET' ? 'Unreachable' : 'Unknown';
		throw new FleetError(code, error instanceof Error ? error.message : String(error), {cause: error});
	}
}

async function* rest(parts: AsyncIterator<Answer, unknown>): AsyncGenerator<Buffer> {
	try {
		for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
			if (next.value.binary) yield next.value.binary;
		}
	} finally {
		await parts.return?.();
	}
}

function pick(headers: Readonly<Record<string, string | readonly string[] | undefined>>, names: readonly string[]): Record<string, string> {
	return Object.fromEntries(names.flatMap(name => {
		const value = headers[name];
		return value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]];
	}));
}
