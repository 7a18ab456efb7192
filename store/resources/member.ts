import {z} from 'zod';
import {ObjectMeta, Timestamp} from './meta.js';

/** 26 characters of base32: the first 128 bits of the SHA-256 of the node's identity key. */
export const NodeId = z.string().regex(/^[a-z2-7]{26}$/, 'must be a node id: 26 characters of a–z and 2–7');

/**
 * What the cluster says of one node, signed with the cluster key: every member can check it without a clock and without asking.
 * Of two records of one id the greater `incarnation` counts; a tombstone (`forgotten`) wins a tie.
 */
export const MemberRecord = z.strictObject({
	id: NodeId,
	name: z.string(),
	/** Ed25519, the raw 32 bytes, base64url. */
	identityKey: z.string().length(43),
	/** X25519 for CURVE, Z85, as ZeroMQ writes it. */
	curveKey: z.string().length(40),
	incarnation: z.int().min(1),
	forgotten: z.boolean(),
	/** Informational. */
	since: Timestamp,
	/** Id of the node that wrote the record. */
	by: NodeId,
	/** Ed25519 over the fields above, base64url. */
	signature: z.string(),
}).readonly();
export type MemberRecord = z.infer<typeof MemberRecord>;

/** Where a member was last reached or said to be; a guess that no signature covers. */
export const PeerAddress = z.strictObject({host: z.string().min(1).max(253), port: z.int().min(1).max(65_535), publishPort: z.int().min(1).max(65_535)}).readonly();
export type PeerAddress = z.infer<typeof PeerAddress>;

/** A member of the cluster, this node included, by its id. Stands in no public list; spreads to every member. Cluster-scoped. */
export const Member = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Member'),
	metadata: ObjectMeta,
	spec: MemberRecord,
	/** What this node alone knows: never spread. */
	status: z.strictObject({addresses: z.array(PeerAddress).readonly()}).readonly().exactOptional(),
}).readonly();
export type Member = z.infer<typeof Member>;
