import {withMeta} from './body.js';
import type {Connection, RequestEvent} from './broker-events.js';
import {bytesOf, type Body} from './frames.js';
import {mdpLimits} from './limits.js';
import {readJson, readMeta, writeMeta, type Meta} from './meta.js';
import type {Place} from './names.js';

/** A request that has not had its last answer. */
export interface Pending {
	/** Stands for the request wherever it is handed; never used again. */
	readonly id: string;
	readonly request: RequestEvent;
	/** Under which unanswered requests are counted. */
	readonly service: string;
	readonly bytes: number;
	readonly deadlineMs: number;
	readonly meta?: {readonly id: string; readonly value: Meta; readonly frame: Buffer};
	/** By which the same request is known when it comes again. */
	readonly key?: string;
	/** Where the answer goes: the connection the request came by last. */
	to: Connection;
	dueAtMs: number;
	/** Who works on it; undefined while it waits for a worker. */
	holder: {readonly kind: 'worker'; readonly connection: Connection} | {readonly kind: 'elsewhere'} | undefined;
	/** The worker that had it last: its answer is welcome, however late, unless it has come in parts meanwhile. */
	lastWorker: Connection | undefined;
	/** A message that was taken: nobody waits for its answer. */
	isAccepted: boolean;
	/** Parts of a streamed answer that were sent. */
	parts: number;
}

/** A request that has just come. Its deadline is the one of its meta, else the old client's, else the default. */
export function pendingOf(request: RequestEvent, {id, key, nowMs}: {readonly id: string; readonly key: string | undefined; readonly nowMs: number}): Pending {
	const frame = request.body[2];
	const meta = readMeta(frame);
	const deadlineMs = meta?.deadlineMs ?? request.timeoutMs ?? mdpLimits.deadlineMs;
	return {
		id, request, service: queueOf(request.place), bytes: bytesOf(request.body), deadlineMs, to: request.from, dueAtMs: nowMs + deadlineMs,
		...(meta && frame ? {meta: {id: meta.id, value: meta, frame}} : {}), ...(key === undefined ? {} : {key}),
		holder: undefined, lastWorker: undefined, isAccepted: false, parts: 0,
	};
}

/** Under which name unanswered requests are counted together. */
const queueOf = (place: Place): string => (place.kind === 'forward' ? `${place.nodeId}.${place.name}` : place.name);

/** The body as a worker gets it: deadlines are told as time left, and time has passed in the queue. */
export function withTimeLeft({meta, request: {body}, dueAtMs}: Pending, nowMs: number): Body {
	if (meta?.value.deadlineMs === undefined) return body;
	return withMeta(body, {id: meta.id, frame: writeMeta({...meta.value, deadlineMs: Math.max(0, Math.round(dueAtMs - nowMs))})});
}

/** The answer, or a part of it, as its asker gets it: with the meta of its request, in which parts are counted. */
export function answerBody({meta, parts}: Pending, given: Body, last: boolean): Body {
	if (!meta) return given;
	return withMeta(given, {id: meta.id, frame: last && parts === 0 ? meta.frame : writeMeta({...meta.value, part: parts, more: !last})});
}

/** What `request.cancel {id}` names. */
export function cancelledId({request: {body}}: Pending): unknown {
	const asked = readJson(body[1]);
	return asked.ok && typeof asked.value === 'object' && asked.value !== null && 'id' in asked.value ? asked.value.id : undefined;
}

/** `[<action>.accepted][null]`: what the sender of a message is told, and nothing after. */
export function acceptedBody({meta, request: {body}}: Pending): Body {
	const accepted = [Buffer.from(`${body[0]?.toString('utf8') ?? ''}.accepted`), Buffer.from('null')];
	return meta ? withMeta(accepted, meta) : accepted;
}
