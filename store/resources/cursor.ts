import {z} from 'zod';
import {ObjectMeta} from './meta.js';

/** How far this node has copied what another owns, by that node's id; written with the copies in one batch. Local: never spread, in no public list. */
export const Cursor = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Cursor'),
	metadata: ObjectMeta,
	/** The owner's revision up to which all is here. */
	spec: z.strictObject({revision: z.string()}).readonly(),
}).readonly();
export type Cursor = z.infer<typeof Cursor>;
