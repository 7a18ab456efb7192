import {failureBody, resultBody, type Failure} from './body.js';
import {CallError} from './call-error.js';
import type {Body} from './frames.js';
import {mdpLimits} from './limits.js';

/** One part of a streamed answer. An empty one only says that the answer goes on. */
export interface Part {
	readonly data?: unknown;
	readonly binary?: Uint8Array;
}

/** A single answer with bytes beside its data. */
export class BinaryAnswer {
	readonly data: unknown;
	readonly binary: Uint8Array;
	constructor(data: unknown, binary: Uint8Array) {
		this.data = data;
		this.binary = binary;
	}
}

/** A result, or parts one after another; what a generator returns is the last answer, without bytes. */
export type Answer = Promise<unknown> | AsyncIterable<Part, unknown>;

/** One answer on its way back; nothing follows the last. */
export interface AnswerFrames {
	readonly body: Body;
	readonly last: boolean;
}

/**
 * What a handler answers, as `<action>.result`, or `<action>.error` when it throws: then `onError` is told, unless it is a `CallError`. When
 * `signal` aborts between two parts, the handler's generator is closed. The last answer comes always. Never throws.
 */
export async function * framesOf(action: string, begin: () => Answer, {signal, onError}: {readonly signal: AbortSignal; readonly onError: (error: unknown) => void}): AsyncGenerator<AnswerFrames> {
	try {
		const answer = begin();
		if (isStream(answer)) yield* partsOf(action, answer, signal);
		else yield {body: fitting(wholeBody(action, await answer)), last: true};
	} catch (error) {
		if (!(error instanceof CallError) && !signal.aborted) onError(error);
		yield {body: failureBody(action, failureOf(error)), last: true};
	}
}

async function * partsOf(action: string, answer: AsyncIterable<Part, unknown>, signal: AbortSignal): AsyncGenerator<AnswerFrames> {
	// By hand, because a loop would lose what the generator returns.
	const parts = answer[Symbol.asyncIterator]();
	try {
		for (let next = await parts.next(); !signal.aborted; next = await parts.next()) {
			if (next.done === true) {
				yield {body: fitting(resultBody(action, next.value)), last: true};
				return;
			}
			yield {body: fitting(resultBody(action, next.value.data, next.value.binary)), last: false};
		}
		throw signal.reason instanceof CallError ? signal.reason : new CallError('Cancelled', 'nobody waited for the rest');
	} finally {
		await parts.return?.(undefined);
	}
}

const wholeBody = (action: string, result: unknown): Body => (result instanceof BinaryAnswer ? resultBody(action, result.data, result.binary) : resultBody(action, result));

/** A longer frame would end the connection, and so again when the request is repeated. */
function fitting(body: Body): Body {
	if (body.some(frame => frame.length > mdpLimits.frameBytes)) throw new CallError('Internal', 'the answer is longer than 1 MiB', {fix: 'Answer in parts.'});
	return body;
}

const isStream = (answer: Answer): answer is AsyncIterable<Part, unknown> => Symbol.asyncIterator in answer;

/** How what was thrown is told. */
export function failureOf(error: unknown): Failure {
	if (error instanceof CallError) return {code: error.code, message: error.message, ...(error.fix === '' ? {} : {fix: error.fix})};
	return {code: 'Internal', message: error instanceof Error ? error.message : 'it failed'};
}
