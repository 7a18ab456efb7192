import {z} from 'zod';
import {EngineEvent, engineActions, Observed, Order} from './wire.js';

/** One action as JSON Schemas, draft 2020-12: what is sent, and what must come back. */
export interface ActionSchema {
	readonly name: string;
	readonly summary: string;
	readonly deadlineMs: number;
	readonly data: unknown;
	readonly answer: unknown;
}

/** The schema of a value; `io: input` for what a program writes, where defaults may be left out. */
function schemaOf(type: z.ZodType, io: 'input' | 'output'): unknown {
	const {$schema: _, ...rest} = z.toJSONSchema(type, {io, unrepresentable: 'any'});
	return rest;
}

/** Every action of an engine outside. */
export const actionSchemas = (): readonly ActionSchema[] => Object.values(engineActions).map(({name, summary, deadlineMs, data, answer}) => ({name, summary, deadlineMs, data: schemaOf(data, 'output'), answer: schemaOf(answer, 'input')}));

/** What stands in several actions, by name. */
export const sharedSchemas = (): Readonly<Record<string, unknown>> => ({order: schemaOf(Order, 'output'), observation: schemaOf(Observed, 'input')});

/** What a program sends by `engine.event`. */
export const eventSchema = (): unknown => schemaOf(EngineEvent, 'output');
