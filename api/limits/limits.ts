import {z} from 'zod';

const count = (value: number) => z.int().min(1).default(value);

/** What one node takes from its clients. Defaults are those of docs/guarantees.md; every figure can be configured. */
export const HttpLimits = z.strictObject({
	/** Open connections over all listeners. */
	connections: count(512),
	/** Connections of one address that have shown no valid token for `unauthenticatedGraceMs`. Not for the unix socket. */
	unauthenticatedPerAddress: count(20),
	/** The same including those of the last moment, so that a burst of honest clients passes and a flood does not. */
	unauthenticatedBurstPerAddress: count(128),
	unauthenticatedGraceMs: count(1000),
	headerBytes: count(16_384),
	headers: count(64),
	/** From the connection's first byte, or its opening, to the end of the headers; a TLS handshake as well. */
	headersTimeoutMs: count(5000),
	/** To the end of the body. */
	requestTimeoutMs: count(15_000),
	/** Of one token. */
	mutationsPerSecond: count(100),
	mutationsBurst: count(200),
}).readonly();
export type HttpLimits = z.infer<typeof HttpLimits>;

/** The limits when nobody configured any. */
export const defaultHttpLimits: HttpLimits = HttpLimits.parse({});
