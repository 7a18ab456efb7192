/** What a node takes of one archive. */
export interface ArchiveLimits {
	/** Bytes of the archive, and again of what its layers hold once they are unpacked. */
	readonly bytes: number;
	/** Entries of the archive and of all its layers. */
	readonly entries: number;
	/** Bytes that one packed byte of a layer may become, once more than `ratioFromBytes` have come out. */
	readonly ratio: number;
	readonly ratioFromBytes: number;
}

/** Room for the greatest images that small nodes run; what gzip makes of a file of zeros is a thousandfold, of programs and data threefold. */
export const defaultArchiveLimits: ArchiveLimits = {bytes: 8 * 2 ** 30, entries: 1_000_000, ratio: 200, ratioFromBytes: 64 * 2 ** 20};
