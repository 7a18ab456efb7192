/** Bounds of a per-key back-off, in milliseconds, and its source of chance in [0, 1). */
export interface BackoffOptions {
	readonly firstMs: number;
	readonly maxMs: number;
	readonly random: () => number;
}

/**
 * Delays that double per key from `firstMs` to `maxMs`, each spread over its upper half so that keys that failed together do not come back together.
 * Holds memory only for keys that have failed since they were last forgotten.
 */
export class Backoff {
	readonly #failures = new Map<string, number>();
	readonly #options: BackoffOptions;

	constructor(options: BackoffOptions) {
		this.#options = options;
	}

	/** Counts one more failure of `key` and says how many milliseconds to wait. */
	next(key: string): number {
		const failures = this.#failures.get(key) ?? 0;
		this.#failures.set(key, failures + 1);
		return exponentialMs(failures, this.#options);
	}

	/** The key succeeded, or is gone. */
	forget(key: string): void {
		this.#failures.delete(key);
	}
}

/** `firstMs` doubled `doublings` times, at most `maxMs`, less up to a half by chance. */
export function exponentialMs(doublings: number, {firstMs, maxMs, random}: BackoffOptions): number {
	const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(doublings, 30));
	return fullMs * (1 - random() / 2);
}
