import {catchError, defer, EMPTY, mergeMap, Subscription, type Observable} from 'rxjs';
import type {ReconcileReport, ReconcileLoop} from '../reconcilers/reconcile-loop.js';
import type {Log} from '../reconcilers/ports/log.js';

/** Something that was opened and must be closed. */
interface Opened {
	readonly name: string;
	readonly close: () => Promise<void> | void;
}

/** What a process owns, in the order it was opened; closed in reverse, each closed even when another fails. */
export interface Owned {
	/** Takes ownership of `value`, which `close` ends. */
	own<T>(name: string, value: T, close: (value: T) => Promise<void> | void): T;
	close(): Promise<void>;
}

/** An empty list of owned things. Node 20 has no `AsyncDisposableStack`. */
export function createOwned(log: Log): Owned {
	const opened: Opened[] = [];
	return {
		own(name, value, close) {
			opened.push({name, close: () => close(value)});
			return value;
		},
		async close() {
			for (let next = opened.pop(); next; next = opened.pop()) {
				try {
					await next.close();
				} catch (error) {
					log.error('could not be closed', {part: next.name, error});
				}
			}
		},
	};
}

/** Loops at work. */
export interface RunningLoops {
	/** Names of the loops that have ended by themselves, which none ever should. */
	ended(): readonly string[];
	end(): void;
}

/** Runs every loop until `end`; each report goes to `onReport`. A loop that ends by an error is told of, and named by `ended`. */
export function runLoops({loops, onReport, log}: {loops: readonly ReconcileLoop[]; onReport: (report: ReconcileReport) => void; log: Log}): RunningLoops {
	const all = new Subscription();
	const ended: string[] = [];
	for (const loop of loops) {
		all.add(loop.reports.subscribe({
			next: onReport,
			error: (error: unknown) => {
				ended.push(loop.name);
				log.error('reconcile loop ended', {reconciler: loop.name, error});
			},
		}));
	}
	return {ended: () => ended, end: () => all.unsubscribe()};
}

/** Follows a stream for as long as the process runs, one value after the other. What fails goes to `onError`, and the next value comes all the same. */
export function follow<T>(stream: Observable<T>, onNext: (value: T) => void | Promise<void>, onError?: (error: unknown) => void): Subscription {
	const handled = (value: T): Observable<void> => {
		const work = defer(async () => onNext(value));
		return onError === undefined ? work : work.pipe(catchError((error: unknown) => {
			onError(error);
			return EMPTY;
		}));
	};
	return stream.pipe(mergeMap(handled, 1)).subscribe(onError === undefined ? {} : {error: onError});
}

/** Resolves with the name of the first signal that asks this process to end. A second order ends it at once; a terminal that closes meanwhile is none. */
export async function whenAskedToEnd(): Promise<NodeJS.Signals> {
	const orders = ['SIGTERM', 'SIGINT'] as const;
	return new Promise(resolve => {
		const ask = (name: NodeJS.Signals): void => {
			// What nobody listens to does what it does by default, and that is to end.
			for (const each of orders) process.off(each, ask);
			resolve(name);
		};
		for (const name of [...orders, 'SIGHUP'] as const) process.on(name, ask);
	});
}
