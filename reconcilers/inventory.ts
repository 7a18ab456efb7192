import type {Clock} from './ports/clock.js';
import type {Engine, Observation} from './ports/engine.js';

interface Listed {
	readonly atMs: number;
	readonly observations: Promise<readonly Observation[]>;
}

/** What each engine listed last, shared by those who look at everything now and then, so that one call serves them all. */
export class Inventory {
	readonly #clock: Clock;
	readonly #lists = new Map<string, Listed>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** The next list is a new one. */
	forget(engineName: string): void {
		this.#lists.delete(engineName);
	}

	/** A list of `engine` begun at most `maxAgeMs` ago: the one at hand, or a new one. Rejects as the engine does. */
	async list(engine: Engine, {maxAgeMs, signal}: {readonly maxAgeMs: number; readonly signal: AbortSignal}): Promise<readonly Observation[]> {
		const known = this.#lists.get(engine.name);
		if (known && this.#clock.monotonicMs() - known.atMs <= maxAgeMs) return known.observations;
		const listed = {atMs: this.#clock.monotonicMs(), observations: engine.list({signal})};
		this.#lists.set(engine.name, listed);
		try {
			return await listed.observations;
		} catch (error) {
			if (this.#lists.get(engine.name) === listed) this.#lists.delete(engine.name);
			throw error;
		}
	}
}
