/** How long one call of each class may take, in milliseconds. Docker itself sets no limit to any of them. */
export interface Deadlines {
	readonly inspectMs: number;
	readonly listMs: number;
	readonly createMs: number;
	readonly startMs: number;
	/** Added to the grace that a stop waits by itself. */
	readonly stopMs: number;
	readonly removeMs: number;
	/** The longest silence within a pull; a pull that makes progress may take for ever. */
	readonly pullIdleMs: number;
	/** How often the event stream's engine is asked whether it is alive, and how long it may take to answer. */
	readonly pingEveryMs: number;
	readonly pingMs: number;
}

/** Generous for a loaded single-board computer, short against a user's patience. */
export const defaultDeadlines: Deadlines = {
	inspectMs: 5_000,
	listMs: 10_000,
	createMs: 30_000,
	startMs: 30_000,
	stopMs: 15_000,
	removeMs: 30_000,
	pullIdleMs: 60_000,
	pingEveryMs: 10_000,
	pingMs: 5_000,
};
