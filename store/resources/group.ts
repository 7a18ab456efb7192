import {z} from 'zod';
import {ObjectMeta} from './meta.js';

const GroupMemberStatus = z.strictObject({
	id: z.string(),
	name: z.string(),
	kind: z.string(),
	known: z.boolean(),
	visible: z.boolean(),
	leads: z.boolean(),
}).readonly();

/**
 * A group as this node sees it: its nodes or programs, and who leads them. Written by its agent alone, and for itself alone: other nodes may see
 * others. Cluster-scoped.
 */
export const Group = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Group'),
	metadata: ObjectMeta,
	spec: z.strictObject({}).readonly(),
	status: z.strictObject({
		/** Display name; absent when none is known. */
		leader: z.string().exactOptional(),
		term: z.int().min(0),
		known: z.int().min(0),
		visible: z.int().min(0),
		/** How many known members a decision by majority takes. */
		quorum: z.int().min(1),
		members: z.array(GroupMemberStatus).readonly(),
	}).readonly().exactOptional(),
}).readonly();
export type Group = z.infer<typeof Group>;
