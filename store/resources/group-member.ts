import {z} from 'zod';
import {ObjectMeta} from './meta.js';

/** Id of a member of a group: a node's own, or `<node id>/<worker>` for a program of that node. */
export const MemberId = z.string().min(1).max(128);

/** A configuration's place in their order: the greater term, then the greater version, is the newer. */
export const Stamp = z.strictObject({term: z.int().min(0), version: z.int().min(0)}).readonly();
export type Stamp = z.infer<typeof Stamp>;

/** One member to be taken in or let go. */
export const Proposal = z.strictObject({change: z.enum(['join', 'leave']), member: MemberId}).readonly();
export type Proposal = z.infer<typeof Proposal>;

/** Who is known in a group, and so who is counted, and a change to it that does not count yet. */
export const Configuration = z.strictObject({
	stamp: Stamp,
	members: z.array(MemberId).min(1).max(256).readonly(),
	proposal: Proposal.exactOptional(),
}).readonly();
export type Configuration = z.infer<typeof Configuration>;

/**
 * What a member must not forget: it is on disk before anybody is told of it.
 * @see D. Ongaro, J. Ousterhout, In Search of an Understandable Consensus Algorithm, 2014, figure 2, "persistent state"
 */
export const Durable = z.strictObject({
	term: z.int().min(0),
	/** Whom it gave its one vote of this term. */
	votedFor: MemberId.exactOptional(),
	/** Which of several groups that were begun apart under one name it belongs to. */
	lineage: z.string().min(1).max(64).exactOptional(),
	configuration: Configuration.exactOptional(),
}).readonly();
export type Durable = z.infer<typeof Durable>;

/** One member that lives on this node, of one group; its name is a digest of both. Local: never spread, in no public list. Cluster-scoped. */
export const GroupMember = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('GroupMember'),
	metadata: ObjectMeta,
	spec: z.strictObject({
		group: z.string(),
		/** The name under which its program serves; absent for the node itself. */
		worker: z.string().exactOptional(),
		memberKind: z.string(),
		/** `leaving`: the group has not accepted that yet. `left`: only what it has voted for is kept, since it must not vote again in that term. */
		standing: z.enum(['member', 'leaving', 'left']),
		durable: Durable,
	}).readonly(),
}).readonly();
export type GroupMember = z.infer<typeof GroupMember>;
