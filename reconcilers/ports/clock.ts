/** Time and chance as arguments, so that decisions can be replayed. */
export interface Clock {
	/** Wall clock, informational. */
	now(): Date;
	/** Milliseconds that never run backwards; for intervals. */
	monotonicMs(): number;
	/** Uniform in [0, 1). */
	random(): number;
}
