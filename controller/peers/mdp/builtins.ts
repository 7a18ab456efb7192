import {z} from 'zod';
import {check, problemSentence} from '../../../store/resources/problems.js';
import type {Caller} from '../caller.js';
import type {Answer} from './answer.js';
import {CallError} from './call-error.js';

/** What a handler knows beside the data. */
export interface CallContext {
	readonly caller: Caller;
	/** Aborts when nobody waits any more: the deadline has passed, the caller is gone or said so, or the node ends. */
	readonly signal: AbortSignal;
	/** Time left when the request was handed over; every part of a streamed answer begins it anew. */
	readonly deadlineMs: number;
	/** The fourth frame of the request. */
	readonly binary?: Buffer;
}

/** One action of a service that this node offers itself. */
export interface Builtin {
	/** `val`, `node`, …, without the node. */
	readonly service: string;
	readonly action: string;
	/** One line that says what it does. */
	readonly summary: string;
	readonly schema: z.ZodType;
	/** Parses `data` and begins. Throws a `CallError`, at once or later. */
	readonly run: (data: unknown, context: CallContext) => Answer;
}

/** An action whose handler gets what its schema made of the data. Data that does not fit is `BadRequest`, with every reason. No data is `{}`. */
export function builtin<Schema extends z.ZodType>({schema, handle, ...named}: {
	readonly service: string;
	readonly action: string;
	readonly summary: string;
	readonly schema: Schema;
	readonly handle: (data: z.output<Schema>, context: CallContext) => Answer;
}): Builtin {
	return {
		...named, schema,
		run(data, context) {
			const parsed = check(schema, data ?? {});
			if (!parsed.ok) throw new CallError('BadRequest', parsed.problems.map(problemSentence).join('; '), {fix: `\`motey call node node.services\` shows what ${named.action} takes.`});
			return handle(parsed.value, context);
		},
	};
}

/** All built-in actions of a node. */
export interface Builtins {
	readonly all: readonly Builtin[];
	find(service: string, action: string): Builtin | undefined;
}

/** Finds actions by service and name. `node.services` is among them and lists all, itself included, with the names that outside workers serve now. */
export function createBuiltins(given: readonly Builtin[], workers: () => readonly string[]): Builtins {
	const services = builtin({
		service: 'node', action: 'node.services', summary: 'list what can be asked of this node, with the JSON Schema of each action', schema: z.strictObject({}),
		handle: () => Promise.resolve({actions: [...byName.values()].map(describe), workers: workers()}),
	});
	const byName: ReadonlyMap<string, Builtin> = new Map([...given, cancel, services].map(one => [`${one.service} ${one.action}`, one]));
	return {all: [...byName.values()], find: (service, action) => byName.get(`${service} ${action}`)};
}

/** Listed like any other; the broker knows whose requests are whose, and answers it before it comes here. */
const cancel = builtin({
	service: 'node', action: 'request.cancel', summary: 'stop waiting for a request of one\'s own, by the id in its meta', schema: z.strictObject({id: z.string()}),
	handle: () => Promise.resolve({cancelled: false}),
});

const describe = ({service, action, summary, schema}: Builtin) => ({service, action, summary, schema: z.toJSONSchema(schema, {io: 'input', unrepresentable: 'any'})});
