import {Observable, Subject, defer, finalize, from, mergeMap} from 'rxjs';
import type {ObservableInput, OperatorFunction} from 'rxjs';

/** How wide the work runs, and who wants to know how much waits. */
export interface CoalesceOptions {
	/** Keys worked on at once; one key is never worked on twice at the same time. */
	readonly concurrency: number;
	/** Hears the number of keys that wait, whenever it changes. */
	readonly onWaiting?: (waiting: number) => void;
}

/**
 * Runs `work` for each key that arrives: at once when the key is idle, once more afterwards when it arrives during its own run, however often.
 * Keys that wait are held once each, so the queue is bounded by the number of keys; an idle key holds no memory.
 * An error of `work` ends everything: answer it inside.
 */
export const coalesceByKey = <K, R>(work: (key: K) => ObservableInput<R>, {concurrency, onWaiting}: CoalesceOptions): OperatorFunction<K, R> =>
	triggers => new Observable<R>(subscriber => {
		const dirty = new Set<K>();
		const processing = new Set<K>();
		const ready = new Subject<K>();
		const run = (key: K): Observable<R> => defer(() => {
			dirty.delete(key);
			onWaiting?.(dirty.size);
			processing.add(key);
			return from(work(key));
		}).pipe(finalize(() => {
			processing.delete(key);
			if (dirty.has(key)) ready.next(key);
		}));

		const results = ready.pipe(mergeMap(run, concurrency)).subscribe(subscriber);
		results.add(triggers.subscribe({
			next(key) {
				if (dirty.has(key)) return;
				dirty.add(key);
				onWaiting?.(dirty.size);
				if (!processing.has(key)) ready.next(key);
			},
			error: (error: unknown) => {
				subscriber.error(error);
			},
		}));
		return results;
	});
