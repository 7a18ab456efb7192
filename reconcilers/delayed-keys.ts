import {Subject, asyncScheduler} from 'rxjs';
import type {Observable, Subscription} from 'rxjs';

/** The longest timer the platform takes; a key that is due later is looked at in between, which does no harm. */
const longestMs = 2 ** 31 - 1;

/** Keys that are due later. At most one time per key: setting it again replaces it. Ends with `clear`. */
export class DelayedKeys {
	readonly #timers = new Map<string, Subscription>();
	readonly #due = new Subject<string>();
	/** Each key when its time has come. */
	readonly keys: Observable<string> = this.#due.asObservable();

	/** Makes `key` due after `afterMs` milliseconds; zero is now, before this call returns. */
	set(key: string, afterMs: number): void {
		this.cancel(key);
		if (afterMs <= 0) {
			this.#due.next(key);
			return;
		}
		this.#timers.set(key, asyncScheduler.schedule(() => {
			this.#timers.delete(key);
			this.#due.next(key);
		}, Math.min(afterMs, longestMs)));
	}

	cancel(key: string): void {
		this.#timers.get(key)?.unsubscribe();
		this.#timers.delete(key);
	}

	/** Cancels every timer. */
	clear(): void {
		for (const timer of this.#timers.values()) timer.unsubscribe();
		this.#timers.clear();
	}
}
