import {z} from 'zod';
import {ObjectMeta, Timestamp} from './meta.js';

/** What a bearer may do: `admin` everything, `view` read everything that is public. */
export const Role = z.enum(['admin', 'view']);
export type Role = z.infer<typeof Role>;

/** A bearer token's record. Only the SHA-256 of the secret is kept; the kind stands in no public list. Cluster-scoped. */
export const Token = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Token'),
	metadata: ObjectMeta,
	spec: z.strictObject({role: Role, sha256: z.string().length(64), expiresAt: Timestamp.exactOptional()}).readonly(),
}).readonly();
export type Token = z.infer<typeof Token>;
