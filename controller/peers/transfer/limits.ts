import {z} from 'zod';

/** Bytes of one piece of a file on its way. */
export const chunkBytes = 262_144;
/** Pieces that may be on their way unanswered. */
export const creditChunks = 3;
/** After so many bytes what was received is put on disk, so that a power cut costs no more than thrice as much. */
export const syncBytes = 2_097_152;
/** What transfers leave free on the disk that holds the node's store. */
export const storeReserveBytes = 33_554_432;

const count = (value: number) => z.int().min(1).default(value);

/** How much a node does at once for files, and how long it keeps what is unfinished. */
export const TransferLimits = z.strictObject({
	/** Files received at once; more wait. */
	transfersIn: count(2),
	/** Files given away at once; more wait. */
	transfersOut: count(2),
	/** Files open at all, those that wait included. */
	transfersOpen: count(64),
	/** All transfers of the node together, both ways; none unless said. */
	transferBytesPerSecond: z.number().min(65_536).exactOptional(),
	/** A transfer nobody speaks of for so long is closed; it can be taken up again. */
	transferIdleMs: count(30_000),
	/** What was received of a file nobody has taken up again for so long is removed. */
	transferKeepMs: count(86_400_000),
}).readonly();
export type TransferLimits = z.infer<typeof TransferLimits>;
