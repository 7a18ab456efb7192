import type {Body} from './frames.js';
import {mdpLimits} from './limits.js';
import {readMeta} from './meta.js';

/** Why a request has no result. Names are HTTP's where it has one, and never change; messages may. */
export interface Failure {
	readonly code: FailureCode;
	readonly message: string;
	/** What the asker can do about it, when there is something. */
	readonly fix?: string;
}
export type FailureCode = 'BadRequest' | 'Forbidden' | 'NotFound' | 'Conflict' | 'Unavailable' | 'InsufficientStorage' | 'DeadlineExceeded' | 'Cancelled' | 'Internal';

/** The name under which the broker itself answers. */
export const brokerAction = 'mmi';

/** `[<action>.error][{code, message, fix?}]`. */
export const failureBody = (action: string, failure: Failure): Body => [Buffer.from(`${action}.error`), Buffer.from(JSON.stringify(failure))];

/** `[<action>.result][data]`; bytes stand in the fourth frame, the third is the meta's. */
export function resultBody(action: string, data: unknown, binary?: Uint8Array): Body {
	const body = [Buffer.from(`${action}.result`), Buffer.from(JSON.stringify(data ?? null))];
	return binary === undefined ? body : [...body, Buffer.alloc(0), Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength)];
}

const none = Buffer.from('null');

/**
 * A body with `meta` as its third frame, as every answer to a request with a meta has it: answers find back to their requests by it.
 * A third frame with the same id, as Motey's own workers send it, is replaced; any other is kept behind it.
 */
export function withMeta([action = none, data = none, ...rest]: Body, meta: {readonly id: string; readonly frame: Buffer}): Body {
	const [third, ...others] = rest;
	const isMeta = third !== undefined && (third.length === 0 || readMeta(third)?.id === meta.id);
	return [action, data, meta.frame, ...(isMeta ? others : rest)];
}

/** Whether a worker's REPLY is one part of a stream, so that more follow: its third frame says so. Every other reply is the last, as in RFC 7. */
export const isPart = (body: Body, id: string | undefined): boolean => {
	const meta = readMeta(body[2]);
	return meta?.more === true && meta.id === id;
};

/**
 * Takes off what Domogik's released client puts before the action: its timeout in seconds as text, or `None`, which waits as long as can be.
 * No action is a bare number, so nothing else is mistaken for it.
 */
export function withoutTimeout(body: Body): {readonly body: Body; readonly timeoutMs?: number} {
	const [first, ...rest] = body;
	if (first === undefined || rest.length === 0 || first.length > 16) return {body};
	const text = first.toString('latin1');
	if (text === 'None') return {body: rest, timeoutMs: mdpLimits.longestDeadlineMs};
	if (!/^\d+(?:\.\d+)?$/u.test(text)) return {body};
	return {body: rest, timeoutMs: Math.min(Number(text) * 1000, mdpLimits.longestDeadlineMs)};
}
