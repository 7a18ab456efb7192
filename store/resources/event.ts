import {z} from 'zod';
import {ObjectMeta, Timestamp} from './meta.js';

/** The object an Event is about, as core/v1 has it. */
export const ObjectReference = z.strictObject({
	apiVersion: z.string(),
	kind: z.string(),
	name: z.string(),
	namespace: z.string().exactOptional(),
	uid: z.string(),
}).readonly();
export type ObjectReference = z.infer<typeof ObjectReference>;

/** An Event in the fields of core/v1. Lives in a keyspace of its own: its resourceVersion comes from the event log's counter. */
export const Event = z.strictObject({
	apiVersion: z.literal('v1'),
	kind: z.literal('Event'),
	metadata: ObjectMeta,
	involvedObject: ObjectReference,
	type: z.enum(['Normal', 'Warning']),
	reason: z.string(),
	message: z.string(),
	count: z.int().min(1),
	firstTimestamp: Timestamp,
	lastTimestamp: Timestamp,
	source: z.strictObject({component: z.string(), host: z.string()}).readonly(),
}).readonly();
export type Event = z.infer<typeof Event>;
