import {z} from 'zod';
import {ObjectMeta, Timestamp} from './meta.js';

/** A permission to join, valid at the node that issued it until it expires, that node's agent ends, or a node has joined with it. Local: never spread. */
export const JoinToken = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('JoinToken'),
	metadata: ObjectMeta,
	spec: z.strictObject({
		sha256: z.string().length(64),
		expiresAt: Timestamp,
		/** The run of the agent that issued it. */
		session: z.string(),
		/** Identity key of the node that used it: the same node may ask again when an answer was lost. */
		usedBy: z.string().exactOptional(),
	}).readonly(),
}).readonly();
export type JoinToken = z.infer<typeof JoinToken>;
