import {z} from 'zod';
import {MemberRecord, NodeId, PeerAddress} from '../../store/resources/member.js';

/** What a node that wants in sends to a member. `proof` is its identity key's signature over who it is, the token's id and whose authority it asks. */
export const JoinRequest = z.strictObject({
	token: z.strictObject({id: z.string().max(63), secret: z.string().length(43)}).readonly(),
	id: NodeId,
	name: z.string().min(1).max(63),
	identityKey: z.string().length(43),
	curveKey: z.string().length(40),
	address: PeerAddress,
	proof: z.string().max(128),
}).readonly();
export type JoinRequest = z.infer<typeof JoinRequest>;

/** Where the cluster's own MQTT broker is: on the node that began the cluster. */
export const BrokerPlace = z.strictObject({id: NodeId, port: z.int().min(0).max(65_535)}).readonly();

/** What a member answers: everything that makes the joiner one of them. */
export const JoinAnswer = z.strictObject({
	clusterKey: z.string(),
	authority: z.strictObject({certificate: z.string(), privateKey: z.string()}).readonly(),
	members: z.array(z.strictObject({record: MemberRecord, addresses: z.array(PeerAddress).readonly()}).readonly()).readonly(),
	broker: BrokerPlace.exactOptional(),
}).readonly();
export type JoinAnswer = z.infer<typeof JoinAnswer>;

/** A member as administrators see it. */
export interface MemberView {
	readonly id: string;
	readonly name: string;
	readonly self: boolean;
	readonly forgotten: boolean;
	readonly addresses: readonly string[];
	/** RFC 3339, informational. */
	readonly since: string;
}

/** A join token without its secret. */
export interface JoinTokenView {
	readonly id: string;
	/** RFC 3339. */
	readonly expiresAt: string;
	readonly state: 'valid' | 'used' | 'expired' | 'void';
}

/** Why the cluster does not do what it is asked. Each has a sentence and says what to do. */
export class ClusterError extends Error {
	override readonly name = 'ClusterError';
	readonly code: 'Forbidden' | 'Conflict' | 'NotFound' | 'Invalid' | 'Unavailable';
	readonly fix: string;
	constructor(code: ClusterError['code'], message: string, {fix = '', cause}: {readonly fix?: string; readonly cause?: unknown} = {}) {
		super(message, {cause});
		this.code = code;
		this.fix = fix;
	}
}

/** Who has the new key. */
export interface KeyRotation {
	readonly told: readonly string[];
	readonly missed: readonly string[];
}

/** What became of what a forgotten member owned. */
export interface Forgotten {
	readonly id: string;
	/** True when it had been forgotten already: what it owned was taken over then, and only what that left undone now. */
	readonly wasForgotten: boolean;
	/** Services that were taken over, as `namespace/name`. */
	readonly adopted: readonly string[];
	/** Its revision up to which everything had been copied; null when nothing was. */
	readonly lastRevision: string | null;
	/** Its revision up to which it had said that it had written; null when nothing was heard of it since this agent started. */
	readonly announcedRevision: string | null;
	/** How long it had been silent; null as above. */
	readonly silentSeconds: number | null;
	/** Those of the adopted that may be older than they were: all, when more was announced than anybody had copied. */
	readonly atRisk: readonly string[];
}

/** The cluster as this node is in it, or is not yet. Everything throws `ClusterError`. */
export interface Cluster {
	/** Where others reach this node's API: `https://HOST:PORT`; undefined outside a cluster. */
	server(): string | undefined;
	/** The advertised address; undefined outside a cluster. */
	advertised(): string | undefined;
	members(): readonly MemberView[];
	/** PEM of the authority that a joiner checks against its token. */
	authority(): string;
	/** Begins a cluster with this node as its first member. Being in one already with the same address is success. */
	init(options: {readonly advertise?: string}): Promise<void>;
	issueToken(options: {readonly ttlSeconds: number}): Promise<{readonly text: string; readonly expiresAt: string}>;
	tokens(): readonly JoinTokenView[];
	revokeToken(id: string): Promise<void>;
	/** Takes a node in. Repeating it with the same keys repeats the answer. */
	admit(request: JoinRequest): Promise<JoinAnswer>;
	/** Makes this node a member of the cluster that `server` (https://HOST:PORT) is in. */
	join(options: {readonly server: string; readonly token: string; readonly advertise?: string}): Promise<void>;
	/** Gives the cluster a new key. Resolves with the names of the members that have it, and of those that were away and have to join again. */
	rotateKey(): Promise<KeyRotation>;
	/** Declares a member lost for good, with `suspect` changing the key that it knows, and takes over what it owned. */
	forget(nameOrId: string, options: {readonly suspect: boolean}): Promise<Forgotten>;
}
