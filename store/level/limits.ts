/** Bounds of what the store takes; the defaults are those of the published limits. */
export interface StoreLimits {
	/** JSON of one object: 256 KiB. */
	readonly objectBytes: number;
	/** Objects in all: 10 000. */
	readonly objects: number;
	/** JSON of all objects: 64 MiB. */
	readonly totalBytes: number;
	/** History is kept at least this long: 10 000 revisions … */
	readonly historyRevisions: number;
	/** … and at least this long: 5 minutes … */
	readonly historyMs: number;
	/** … unless it exceeds 100 000 revisions … */
	readonly historyMaxRevisions: number;
	/** … or 256 MiB of JSON. */
	readonly historyBytes: number;
}

/** The published limits. */
export const defaultLimits: StoreLimits = {
	objectBytes: 256 * 1024,
	objects: 10_000,
	totalBytes: 64 * 1024 * 1024,
	historyRevisions: 10_000,
	historyMs: 5 * 60_000,
	historyMaxRevisions: 100_000,
	historyBytes: 256 * 1024 * 1024,
};
