/** How fast tokens come back, how many may be spent at once, and milliseconds that never run backwards. */
export interface TokenBucketOptions {
	readonly perSecond: number;
	readonly burst: number;
	readonly monotonicMs: () => number;
}

/** A bound on the rate of all retries together, whatever each key's own back-off says. */
export class TokenBucket {
	readonly #options: TokenBucketOptions;
	#tokens: number;
	#filledAtMs: number;

	constructor(options: TokenBucketOptions) {
		this.#options = options;
		this.#tokens = options.burst;
		this.#filledAtMs = options.monotonicMs();
	}

	/** Takes one token, on credit when none is left, and says after how many milliseconds it may be used. */
	takeMs(): number {
		const nowMs = this.#options.monotonicMs();
		this.#tokens = Math.min(this.#options.burst, this.#tokens + (nowMs - this.#filledAtMs) / 1000 * this.#options.perSecond);
		this.#filledAtMs = nowMs;
		this.#tokens -= 1;
		return this.#tokens >= 0 ? 0 : -this.#tokens / this.#options.perSecond * 1000;
	}
}
