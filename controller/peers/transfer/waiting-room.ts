import type {TransferLimits} from './limits.js';
import {before, enter, leave, noTurns, type Turns} from './turns.js';

/** Which way a file goes. */
type Way = 'in' | 'out';

/** Whose turn it is, each way, and who waits to hear of a change. */
export class WaitingRoom {
	readonly #limits: Pick<TransferLimits, 'transfersIn' | 'transfersOut'>;
	readonly #waiting = new Set<() => void>();
	#turns: Readonly<Record<Way, Turns>> = {in: noTurns, out: noTurns};

	constructor(limits: Pick<TransferLimits, 'transfersIn' | 'transfersOut'>) {
		this.#limits = limits;
	}

	enter(way: Way, id: string): void {
		this.#change(way, enter(this.#turns[way], id, this.#atOnce(way)));
	}

	leave(way: Way, id: string): void {
		this.#change(way, leave(this.#turns[way], id, this.#atOnce(way)));
	}

	/** How many go first. */
	ahead(way: Way, id: string): number {
		return before(this.#turns[way], id);
	}

	/** Resolves at the next change, or when the signal aborts. */
	async changed(signal: AbortSignal): Promise<void> {
		if (signal.aborted) return;
		await new Promise<void>(resolve => {
			const tell = (): void => {
				this.#waiting.delete(tell);
				resolve();
			};
			this.#waiting.add(tell);
			signal.addEventListener('abort', tell, {once: true});
		});
	}

	#change(way: Way, turns: Turns): void {
		this.#turns = {...this.#turns, [way]: turns};
		for (const tell of [...this.#waiting]) tell();
	}

	#atOnce(way: Way): number {
		return way === 'in' ? this.#limits.transfersIn : this.#limits.transfersOut;
	}
}
