import {mergeMap, Subscription, type Observable} from 'rxjs';
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

/** Runs every loop until the subscription ends; each report goes to `onReport`. A loop that ends by an error is told: it never should. */
export function runLoops({loops, onReport, log}: {loops: readonly ReconcileLoop[]; onReport: (report: ReconcileReport) => void; log: Log}): Subscription {
	const all = new Subscription();
	for (const loop of loops) {
		all.add(loop.reports.subscribe({
			next: onReport,
			error: (error: unknown) => log.error('reconcile loop ended', {reconciler: loop.name, error}),
		}));
	}
	return all;
}

/** Follows a stream for as long as the process runs. */
export function follow<T>(stream: Observable<T>, onNext: (value: T) => void | Promise<void>): Subscription {
	return stream.pipe(mergeMap(async value => onNext(value), 1)).subscribe();
}

/** Resolves with the name of the first signal that asks this process to end. A second one ends it at once. */
export async function whenAskedToEnd(): Promise<NodeJS.Signals> {
	const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
	return new Promise(resolve => {
		const ask = (name: NodeJS.Signals): void => {
			// What nobody listens to does what it does by default, and that is to end.
			for (const each of names) process.off(each, ask);
			resolve(name);
		};
		for (const name of names) process.on(name, ask);
	});
}
