import {z} from 'zod';

/** A change of Services at one instant, as it is asked for. The Services are checked one by one, by the rules of their kind. */
export const SwitchInput = z.strictObject({
	apiVersion: z.literal('motey.io/v1').exactOptional(),
	kind: z.literal('Switch').exactOptional(),
	metadata: z.unknown().exactOptional(),
	spec: z.strictObject({
		/** On the clock of the node that is asked. */
		at: z.iso.datetime({offset: true}).exactOptional(),
		/** Instead of it: milliseconds from now. */
		inMs: z.number().exactOptional(),
		services: z.array(z.unknown()).min(1).max(100).readonly(),
	}).refine(({at, inMs}) => (at === undefined) !== (inMs === undefined), 'must have one of at and inMs'),
	status: z.unknown().exactOptional(),
});
