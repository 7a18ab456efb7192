import {z} from 'zod';
import {ObjectMeta} from './meta.js';
import {Service} from './service.js';

/**
 * A Service as this node, which owned it, had changed it when it learned that another had taken over an earlier state: so that nothing vanishes that
 * was accepted here. Local: never spread, in no list of kinds. Lies in the Service's namespace.
 */
export const ConflictCopy = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('ConflictCopy'),
	metadata: ObjectMeta,
	spec: z.strictObject({
		/** As it was here. Absent when it had been deleted here. */
		service: Service.exactOptional(),
		/** Name of the Service. */
		name: z.string(),
		uid: z.string(),
		/** Id of the node that has it now. */
		owner: z.string(),
		epoch: z.int().min(1),
	}).readonly(),
}).readonly();
export type ConflictCopy = z.infer<typeof ConflictCopy>;
