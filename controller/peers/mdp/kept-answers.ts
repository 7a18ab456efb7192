import {bytesOf, type Body} from './frames.js';
import {mdpLimits} from './limits.js';

interface Kept {
	readonly body: Body;
	readonly bytes: number;
	readonly untilMs: number;
}

/**
 * Answers that were given whole, for requests that come again because the answer was lost: the effect happens once. The last 1 000 and 4 MiB,
 * for ten minutes.
 */
export class KeptAnswers {
	/** Oldest first. */
	readonly #byKey = new Map<string, Kept>();
	#bytes = 0;

	get size(): number {
		return this.#byKey.size;
	}

	keep(key: string, body: Body, nowMs: number): void {
		const bytes = bytesOf(body);
		if (bytes > mdpLimits.keptAnswerBytes) return;
		this.#forget(key);
		this.#byKey.set(key, {body, bytes, untilMs: nowMs + mdpLimits.keptAnswerMs});
		this.#bytes += bytes;
		for (const oldest of this.#byKey.keys()) {
			if (this.#byKey.size <= mdpLimits.keptAnswers && this.#bytes <= mdpLimits.keptAnswerBytes) return;
			this.#forget(oldest);
		}
	}

	get(key: string): Body | undefined {
		return this.#byKey.get(key)?.body;
	}

	/** Lets go of what is too old. */
	expire(nowMs: number): void {
		for (const [key, {untilMs}] of this.#byKey) {
			if (untilMs > nowMs) return;
			this.#forget(key);
		}
	}

	#forget(key: string): void {
		this.#bytes -= this.#byKey.get(key)?.bytes ?? 0;
		this.#byKey.delete(key);
	}
}
