import {z} from 'zod';

const count = (value: number) => z.int().min(1).default(value);

/** What one node takes in the body of a request, and how much it keeps for its watchers. Those of connections are in `api/limits/limits.ts`. */
export const ApiLimits = z.strictObject({
	/** After decompression. */
	bodyBytes: count(1_048_576),
	/** From the first look at the body to its last byte. */
	bodyTimeoutMs: count(15_000),
	/** To the answer of anything but a stream, from the body's last byte. */
	answerTimeoutMs: count(10_000),
	depth: count(40),
	aliases: count(20),
	keys: count(10_000),
	watches: count(200),
	watchesPerToken: count(50),
	/** What may wait for one watcher's socket. */
	watchBufferBytes: count(1_048_576),
	/** What may wait for all of them. */
	watchBuffersBytes: count(16_777_216),
	/** How long a watcher's socket may take nothing. */
	watchBlockedMs: count(5000),
	bookmarkMs: count(60_000),
	/** How long a watch is held whose client names no time. */
	watchHoldMs: count(3_600_000),
	/** Lists being paged through, each at its own revision. */
	snapshots: count(32),
	snapshotMs: count(300_000),
}).readonly();
export type ApiLimits = z.infer<typeof ApiLimits>;

/** The limits when nobody configured any. */
export const defaultApiLimits: ApiLimits = ApiLimits.parse({});
