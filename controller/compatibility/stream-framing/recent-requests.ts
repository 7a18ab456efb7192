/** What a request of an old client led to. */
export type Outcome =
	| {readonly kind: 'response'; readonly response: Promise<Buffer>}
	/** A file was asked for; it is read again. */
	| {readonly kind: 'file'; readonly path: string};

interface Kept {
	readonly outcome: Outcome;
	readonly untilMs: number;
	bytes: number;
}

const keptRequests = 1000;
const keptBytes = 4_194_304;
const keptMs = 120_000;

/**
 * The requests of the last two minutes, at most 1 000 and 4 MiB of responses. When an old client has a new connection it sends what is
 * unanswered again, under the same id but without the arguments: it is answered from here, and nothing is done twice.
 */
export class RecentRequests {
	readonly #kept = new Map<string, Kept>();
	readonly #nowMs: () => number;
	#bytes = 0;

	constructor(nowMs: () => number) {
		this.#nowMs = nowMs;
	}

	/** Remembers a request, in place of an older one under the same key. */
	keep(key: string, outcome: Outcome): void {
		this.#forget(key);
		const kept: Kept = {outcome, untilMs: this.#nowMs() + keptMs, bytes: 0};
		this.#kept.set(key, kept);
		if (outcome.kind === 'response') {
			outcome.response.then(({length}) => {
				if (this.#kept.get(key) !== kept) return;
				kept.bytes = length;
				this.#bytes += length;
				this.#trim();
			}, () => {
				// No answer was made, so there is none to repeat.
				if (this.#kept.get(key) === kept) this.#forget(key);
			});
		}
		this.#trim();
	}

	find(key: string): Outcome | undefined {
		this.#trim();
		return this.#kept.get(key)?.outcome;
	}

	#trim(): void {
		for (const [key, {untilMs}] of this.#kept) {
			if (this.#kept.size <= keptRequests && this.#bytes <= keptBytes && untilMs > this.#nowMs()) return;
			this.#forget(key);
		}
	}

	#forget(key: string): void {
		this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
		this.#kept.delete(key);
	}
}
