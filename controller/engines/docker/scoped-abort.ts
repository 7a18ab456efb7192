import {setMaxListeners} from 'node:events';

/**
 * An abort signal for one piece of work: it follows the caller's and ends with the scope (`using`), after which nothing stays attached
 * to a signal that may live for months, as `AbortSignal.any` would. With `deadlineMs` it also aborts by itself.
 */
export class ScopedAbort implements Disposable {
	readonly #controller = new AbortController();
	readonly #outer: AbortSignal;
	readonly #timer: NodeJS.Timeout | undefined;
	readonly #follow = (): void => {
		this.#gaveUp = true;
		this.#controller.abort();
	};
	#gaveUp = false;

	constructor(outer: AbortSignal, deadlineMs?: number) {
		this.#outer = outer;
		this.#timer = deadlineMs === undefined ? undefined : setTimeout(() => this.#controller.abort(), deadlineMs);
		// Many calls at once may share one signal; each takes its listener away again.
		setMaxListeners(0, outer);
		if (outer.aborted) this.#follow();
		else outer.addEventListener('abort', this.#follow, {once: true});
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	/** True when it was the caller who gave up. */
	gaveUp(): boolean {
		return this.#gaveUp;
	}

	/** True when the deadline passed. */
	isLate(): boolean {
		return this.#controller.signal.aborted && !this.#gaveUp;
	}

	/** Starts the deadline anew. */
	extend(): void {
		this.#timer?.refresh();
	}

	/** Lets the deadline pass no more; the caller's signal still counts. */
	settle(): void {
		clearTimeout(this.#timer);
	}

	abort(): void {
		this.#controller.abort();
	}

	[Symbol.dispose](): void {
		clearTimeout(this.#timer);
		this.#outer.removeEventListener('abort', this.#follow);
	}
}
