import type {Log} from '../../../reconcilers/ports/log.js';
import {failureOf, framesOf, type Answer, type AnswerFrames} from './answer.js';
import {brokerAction, failureBody} from './body.js';
import type {BrokerEffect} from './broker-events.js';
import type {Builtins} from './builtins.js';
import {CallError} from './call-error.js';
import {readJson, readMeta} from './meta.js';

/** A request for another node's service, as one node passes it on. */
export interface ForwardRequest {
	readonly nodeId: string;
	/** As that node knows it. */
	readonly service: string;
	readonly action: string;
	/** JSON, as the asker wrote it. */
	readonly data: Buffer | undefined;
	readonly binary?: Buffer;
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
}

/** Asks another node once, and gives what it answers until the last. Throws a `CallError` when it cannot be asked. */
export type Forward = (request: ForwardRequest) => AsyncIterable<AnswerFrames>;

type Outside = Extract<BrokerEffect, {do: 'builtin' | 'forward'}>;

/** Has a built-in service or another node answer, and gives all answers, the last one always unless `signal` aborts. Never throws. */
export async function * answersOf(effect: Outside, {builtins, forward, log, signal}: {readonly builtins: Builtins; readonly forward: Forward; readonly log: Log; readonly signal: AbortSignal}): AsyncGenerator<AnswerFrames> {
	if (effect.do === 'builtin') {
		const action = effect.body[0]?.toString('utf8') ?? '';
		yield* framesOf(action, () => begin(effect, action, {builtins, signal}), {signal, onError: error => log.warn('a request failed', {action, error})});
		return;
	}
	try {
		yield* forwarded(effect, {forward, signal});
	} catch (error) {
		yield {body: failureBody(brokerAction, failureOf(error)), last: true};
	}
}

function begin({name, body, caller, deadlineMs}: Extract<Outside, {do: 'builtin'}>, action: string, {builtins, signal}: {readonly builtins: Builtins; readonly signal: AbortSignal}): Answer {
	const found = builtins.find(name, action);
	if (!found) throw new CallError('NotFound', `${name} has no action ${action}`, {fix: '`motey call node node.services` lists what there is.'});
	const data = readJson(body[1]);
	if (!data.ok) throw new CallError('BadRequest', data.reason);
	return found.run(data.value, {caller, signal, deadlineMs, ...(body[3] === undefined ? {} : {binary: body[3]})});
}

async function * forwarded({nodeId, name, body, deadlineMs}: Extract<Outside, {do: 'forward'}>, {forward, signal}: {readonly forward: Forward; readonly signal: AbortSignal}): AsyncGenerator<AnswerFrames> {
	const [action, data, third, fourth] = body;
	const hasMeta = readMeta(third) !== undefined;
	const binary = hasMeta || third?.length === 0 ? fourth : third;
	for await (const answer of forward({nodeId, service: name, action: action?.toString('utf8') ?? '', data, deadlineMs, signal, ...(binary === undefined ? {} : {binary})})) {
		// Who sent no meta expects none.
		yield hasMeta ? answer : {...answer, body: [...answer.body.slice(0, 2), ...answer.body.slice(3)]};
	}
}
