/** Spreads bytes over time, so that no more than `bytesPerSecond` pass. */
export class Pace {
	readonly #bytesPerSecond: number | undefined;
	#freeAtMs = 0;

	/** Without a rate nothing is held up. */
	constructor(bytesPerSecond: number | undefined) {
		this.#bytesPerSecond = bytesPerSecond;
	}

	/** Takes room for `bytes`, and says after how many milliseconds they may pass. Time is monotonic. */
	takeMs(bytes: number, nowMs: number): number {
		if (this.#bytesPerSecond === undefined) return 0;
		const startMs = Math.max(nowMs, this.#freeAtMs);
		this.#freeAtMs = startMs + bytes / this.#bytesPerSecond * 1000;
		return startMs - nowMs;
	}
}
