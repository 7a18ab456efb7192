import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Readable} from 'node:stream';
import {startDeadline} from '../../store/deadline.js';
import type {ApiLimits} from '../ports/limits.js';
import {FleetError, type Fleet, type FleetMember, type ForwardedResponse} from '../ports/fleet.js';
import {sendJsonText} from '../send.js';
import {ApiError, timedOut, unavailable} from '../status.js';
import {wasForwarded} from './forwarded.js';
import {isReachable} from './silence.js';

/** A request to pass on, and to whom. */
export interface Errand {
	/** Id of the node that is asked. */
	readonly nodeId: string;
	/** What it has to do with it, after its name: `owns services.motey.io "shop"`. */
	readonly role: string;
	readonly method: string;
	/** With its query. */
	readonly path: string;
	readonly accept?: string;
	/** Without parameters. */
	readonly type?: string;
	readonly body?: string;
}

/** Another node's whole answer. */
export interface WholeAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly text: string;
}

/** A request as it came, and its answer. */
interface Exchanged {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
}

/** Passes requests on to other nodes, with the token they came with. Throws an `ApiError`: 503 when nothing was done, naming the node; 504 when its answer was lost. */
export interface Forwarding {
	readonly fleet: Fleet;
	/** Throws what `ask` would if it were known beforehand. */
	mustReach(errand: Pick<Errand, 'nodeId' | 'role'>, exchange: Pick<Exchanged, 'request'>): FleetMember;
	/** An answer of more than 64 MiB counts as lost. */
	ask(errand: Errand, exchange: Exchanged): Promise<WholeAnswer>;
	/** Answers with what the other node answers, as it comes. Resolves at its end. */
	stream(errand: Errand, exchange: Exchanged): Promise<void>;
}

/** Greatest answer that is gathered whole, in bytes: a list of all that a node's store holds at most. */
const wholeAnswerBytes = 64 * 2 ** 20;

/** What of another node's answer is passed back. */
const passedBack: readonly string[] = ['content-type', 'location', 'retry-after', 'motey-as-of', 'motey-isolated'];

/** See `Forwarding`. `closing` aborts when the process begins to end. */
export function createForwarding({fleet, limits, closing}: {readonly fleet: Fleet; readonly limits: Pick<ApiLimits, 'answerTimeoutMs'>; readonly closing: AbortSignal}): Forwarding {
	const mustReach: Forwarding['mustReach'] = ({nodeId, role}, {request}) => {
		const member = fleet.members().find(({id}) => id === nodeId);
		if (wasForwarded(request)) throw unavailable(`${member?.name ?? nodeId} ${role}, and a request is passed on only once: try again in a moment`);
		if (!member) throw away(`node ${nodeId} ${role} and is no member of this cluster: \`motey node forget ${nodeId}\` takes over what it owned`);
		if (!isReachable(member)) throw away(`${member.name} ${role} and was last heard ${Math.round(member.silentMs / 1000)} s ago: nothing was done. Try again when it is back; if it is lost for good, \`motey node forget ${member.name}\``);
		return member;
	};
	const send = async (errand: Errand, {request, response}: Exchanged, signal: AbortSignal): Promise<ForwardedResponse> => {
		const {method, path, role, body = ''} = errand;
		const {name} = mustReach(errand, {request});
		try {
			const answer = await fleet.forward(errand.nodeId, {method, path, headers: headersOf(errand, request), body: Buffer.from(body)}, signal);
			const {warning} = answer.headers;
			for (const key of passedBack) if (answer.headers[key] !== undefined) response.setHeader(key, answer.headers[key]);
			// This node may have warned already.
			if (warning !== undefined) response.appendHeader('warning', warning);
			return answer;
		} catch (error) {
			throw explained(error, {name, role, method});
		}
	};
	return {
		fleet, mustReach,
		async ask(errand, exchange) {
			// Whoever leaves does not take back what was asked.
			using ending = startDeadline(closing, limits.answerTimeoutMs - 500);
			const {status, headers, body} = await send(errand, exchange, ending.signal);
			try {
				return {status, headers, text: await textOf(body)};
			} catch (error) {
				throw explained(error, {name: fleet.members().find(({id}) => id === errand.nodeId)?.name ?? errand.nodeId, role: errand.role, method: errand.method});
			}
		},
		async stream(errand, exchange) {
			const {response} = exchange;
			using ending = startDeadline(closing);
			response.once('close', () => ending.end());
			const {status, body} = await send(errand, exchange, ending.signal);
			response.statusCode = status;
			response.flushHeaders();
			await copyBody(body, response, ending.signal);
		},
	};
}

/** Answers with what another node answered. */
export function passBack(response: ServerResponse, {status, text}: WholeAnswer): void {
	if (text === '') {
		response.statusCode = status;
		response.end();
		return;
	}
	sendJsonText(response, status, text);
}

function headersOf({accept, type}: Errand, {headers}: IncomingMessage): Readonly<Record<string, string>> {
	const {authorization, 'user-agent': agent} = headers;
	return {
		...(authorization === undefined ? {} : {authorization}), ...(agent === undefined ? {} : {'user-agent': agent}),
		...(accept === undefined ? {} : {accept}), ...(type === undefined ? {} : {'content-type': type}),
	};
}

/** No faster than the client reads. Broken off here or there, the client sees an answer that has no end. */
async function copyBody(body: Readable, response: ServerResponse, signal: AbortSignal): Promise<void> {
	const bytes: AsyncIterable<Buffer> = body;
	try {
		for await (const chunk of bytes) if (!response.write(chunk)) await once(response, 'drain', {signal});
		response.end();
	} catch {
		response.destroy();
	}
}

/** Leaving the loop ends the answer at the other node too. */
async function textOf(body: Readable): Promise<string> {
	const bytes: AsyncIterable<Buffer> = body;
	const chunks: Buffer[] = [];
	let bytesLeft = wholeAnswerBytes;
	for await (const chunk of bytes) {
		bytesLeft -= chunk.length;
		if (bytesLeft < 0) throw new TooLong();
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}

/** Another node's answer is longer than any that a node gives. */
class TooLong extends Error {
	override readonly name = 'TooLong';
}

/** Without `Retry-After`: a node that is away seldom returns within the seconds that clients wait in silence. */
function away(message: string, cause?: unknown): ApiError {
	return new ApiError(503, {reason: 'ServiceUnavailable', message, cause});
}

function explained(error: unknown, {name, role, method}: {readonly name: string; readonly role: string; readonly method: string}): unknown {
	const isUnknown = !(error instanceof FleetError) || error.code === 'Unknown';
	if (isUnknown && method !== 'GET') return timedOut(`${name} ${role}, and its answer was lost: it may or may not have done what was asked; repeating is safe`);
	if (error instanceof TooLong) return away(`${name} ${role}, and its answer is longer than ${wholeAnswerBytes / 2 ** 20} MiB: it was not read to its end`, error);
	return away(`${name} ${role} and could not be reached: nothing was done`, error);
}
