import type {Instance} from '../../store/resources/instance.js';
import type {Clock} from '../ports/clock.js';

/**
 * Pauses after steps that failed, kept also when a hint says *look again*: a failed start is itself a cause of hints. A newer spec ends the pause,
 * and so does the return of an engine.
 */
export class Pauses {
	readonly #clock: Clock;
	readonly #until = new Map<string, {readonly generation: number; readonly atMs: number}>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	begin({metadata: {uid, generation}}: Instance, forMs: number): void {
		this.#until.set(uid, {generation, atMs: this.#clock.monotonicMs() + forMs});
	}

	/** Milliseconds left; a millisecond early counts as over, because timers round. */
	leftMs({metadata: {uid, generation}}: Instance): number {
		const pause = this.#until.get(uid);
		if (pause?.generation !== generation) return 0;
		const leftMs = pause.atMs - this.#clock.monotonicMs();
		return leftMs > 1 ? leftMs : 0;
	}

	end({metadata: {uid}}: Instance): void {
		this.#until.delete(uid);
	}

	endAll(): void {
		this.#until.clear();
	}
}
