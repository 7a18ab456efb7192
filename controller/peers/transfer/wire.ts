import {z} from 'zod';

const Path = z.string().min(1).max(4096);
const TransferId = z.string().regex(/^[0-9a-f]{32}$/u);
const Offset = z.int().min(0);
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/u);

/** What is asked of `<node>.files`, action by action. */
export const StatRequest = z.strictObject({path: Path, after: z.string().max(255).exactOptional()});
export const OpenRequest = z.discriminatedUnion('write', [
	z.strictObject({
		write: z.literal(true), path: Path, size: z.int().min(0),
		/** What the sender calls this very sending, to take it up again; nobody else may know it. */
		resume: z.string().min(1).max(128).exactOptional(),
		/** Known before the first byte, it need not be told with the last. */
		sha256: Sha256.exactOptional(),
		mode: z.int().min(0).max(0o777).default(0o600),
		/** Directories on the way that are missing are made. */
		parents: z.boolean().default(false),
	}),
	z.strictObject({write: z.literal(false), path: Path}),
]);
export type OpenRequest = z.infer<typeof OpenRequest>;
export const FolderRequest = z.strictObject({path: Path});
export const CreditRequest = z.strictObject({transfer: TransferId, waitMs: z.int().min(0).max(60_000).default(0)});
export const ChunkRequest = z.strictObject({transfer: TransferId, offset: Offset, crc32: z.int().min(0).max(0xff_ff_ff_ff).exactOptional()});
export const CommitRequest = z.strictObject({transfer: TransferId, sha256: Sha256.exactOptional()});
export const AbortRequest = z.strictObject({transfer: TransferId, keep: z.boolean().default(false)});

/** What is answered to a piece: how much is held, or the checksum and the size of the file that is read. */
export const WriteAnswer = z.object({held: Offset});
export const ReadAnswer = z.object({crc32: z.int(), size: Offset});
