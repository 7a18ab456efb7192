import type {Log} from '../../../reconcilers/ports/log.js';
import {brokerAction, failureBody, resultBody, withMeta, type Failure} from './body.js';
import type {BrokerEffect} from './broker-events.js';
import {CallError, type Answer, type Builtins, type CallContext, type Part} from './builtins.js';
import type {Body} from './frames.js';
import {readJson, readMeta, writeMeta} from './meta.js';

/** One answer on its way back; nothing follows the last. */
export interface AnswerFrames {
	readonly body: Body;
	readonly last: boolean;
}

/** A request for another node's service, as one node passes it on. */
export interface ForwardRequest {
	readonly nodeId: string;
	/** As that node knows it. */
	readonly service: string;
	/** `[action][data][meta][binary?]`; there is always a meta, with the asker's id or a new one, and the time left as its deadline. */
	readonly body: Body;
	readonly id: string;
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
}

/** Asks another node once, and gives what it answers until the last. Throws a `CallError` when it cannot be asked. */
export type Forward = (request: ForwardRequest) => AsyncIterable<AnswerFrames>;

type Outside = Extract<BrokerEffect, {do: 'builtin' | 'forward'}>;

/** Has a built-in service or another node answer, and gives all answers, the last one always. Never throws. */
export async function * answersOf(effect: Outside, options: {readonly builtins: Builtins; readonly forward: Forward; readonly log: Log; readonly signal: AbortSignal}): AsyncGenerator<AnswerFrames> {
	const action = effect.do === 'builtin' ? effect.body[0]?.toString('utf8') ?? '' : brokerAction;
	try {
		yield* effect.do === 'builtin' ? builtinAnswers(effect, action, options) : forwarded(effect, options);
	} catch (error) {
		if (!(error instanceof CallError) && !options.signal.aborted) options.log.warn('a request failed', {action, error});
		yield {body: failureBody(action, failureOf(error)), last: true};
	}
}

async function * builtinAnswers({name, body, caller, deadlineMs}: Extract<Outside, {do: 'builtin'}>, action: string, {builtins, signal}: {readonly builtins: Builtins; readonly signal: AbortSignal}): AsyncGenerator<AnswerFrames> {
	const found = builtins.find(name, action);
	if (!found) throw new CallError('NotFound', `${name} has no action ${action}`, {fix: '`motey call node node.services` lists what there is.'});
	const data = readJson(body[1]);
	if (!data.ok) throw new CallError('BadRequest', data.reason);
	const context: CallContext = {caller, signal, deadlineMs, ...(body[3] === undefined ? {} : {binary: body[3]})};
	const answer = found.run(data.value, context);
	if (!isStream(answer)) {
		yield {body: resultBody(action, await answer), last: true};
		return;
	}
	// By hand, because a loop would lose what the generator returns.
	const parts = answer[Symbol.asyncIterator]();
	try {
		for (let next = await parts.next(); !signal.aborted; next = await parts.next()) {
			if (next.done === true) {
				yield {body: resultBody(action, next.value), last: true};
				return;
			}
			yield {body: resultBody(action, next.value.data, next.value.binary), last: false};
		}
	} finally {
		await parts.return?.(undefined);
	}
}

async function * forwarded({id, nodeId, name, body, deadlineMs}: Extract<Outside, {do: 'forward'}>, {forward, signal}: {readonly forward: Forward; readonly signal: AbortSignal}): AsyncGenerator<AnswerFrames> {
	const asked = readMeta(body[2]);
	const meta = asked ?? {id: `${nodeId}-${id}-${crypto.randomUUID()}`, attempt: 0};
	const passedOn = withMeta(body, {id: meta.id, frame: writeMeta({...meta, deadlineMs})});
	for await (const answer of forward({nodeId, service: name, body: passedOn, id: meta.id, deadlineMs, signal})) {
		// Who sent no meta expects none.
		yield asked ? answer : {...answer, body: [...answer.body.slice(0, 2), ...answer.body.slice(3)]};
	}
}

const isStream = (answer: Answer): answer is AsyncIterable<Part, unknown> => Symbol.asyncIterator in answer;

function failureOf(error: unknown): Failure {
	if (error instanceof CallError) return {code: error.code, message: error.message, ...(error.fix === '' ? {} : {fix: error.fix})};
	return {code: 'Internal', message: error instanceof Error ? error.message : 'it failed'};
}
