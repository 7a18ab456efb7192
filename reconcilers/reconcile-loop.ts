import {setImmediate as nextTurn} from 'node:timers/promises';
import {catchError, defer, EMPTY, finalize, from, map, merge, mergeMap, repeat, retry, tap, timer} from 'rxjs';
import type {Observable} from 'rxjs';
import {Backoff} from './backoff.js';
import {coalesceByKey} from './coalesce-by-key.js';
import {DelayedKeys} from './delayed-keys.js';
import {fromAbortable} from './from-abortable.js';
import {done, failed, isTransient} from './outcome.js';
import type {Outcome} from './outcome.js';
import type {Clock} from './ports/clock.js';
import type {Log} from './ports/log.js';
import {TokenBucket} from './token-bucket.js';

/** One look at one key, for metrics. */
export interface ReconcileReport {
	readonly reconciler: string;
	readonly key: string;
	readonly outcome: Outcome['kind'];
	readonly durationMs: number;
	/** When the loop will look again by itself, if it will. */
	readonly againAfterMs?: number;
}

/** A loop that runs while `reports` is subscribed; everything it owns ends with that subscription. */
export interface ReconcileLoop {
	readonly name: string;
	/** Never errors and never completes. Subscribe once. */
	readonly reports: Observable<ReconcileReport>;
	/** Keys that wait for a worker now. */
	queueDepth(): number;
}

/** What a loop is made of. */
export interface ReconcileLoopOptions {
	readonly name: string;
	/** What says *look again*. One that errors is subscribed again after a second. */
	readonly sources: readonly Observable<string>[];
	/** Looks at one key: reads, plans, acts, writes. Never called twice at once for one key. Must end when `signal` does. */
	readonly reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
	/** Milliseconds between two looks at everything, give or take a tenth. */
	readonly resyncMs: number;
	/** Everything there is to look at. */
	readonly keys: () => readonly string[];
	/** Runs before each look at everything, so that one call may serve all keys. Its failure only costs what it would have saved. */
	readonly beforeResync?: (signal: AbortSignal) => Promise<void>;
	readonly concurrency: number;
	readonly clock: Clock;
	readonly log: Log;
}

/** First retry of a failed key at once for the eye, the last every half minute (contract: convergence within 30 s). */
const ofOneKey = {firstMs: 20, maxMs: 30_000} as const;
/** All failed keys together. */
const ofAllKeys = {perSecond: 20, burst: 100} as const;

/**
 * Keys in, reports out: everything a reconciler has in common. An error inside one key touches no other: when transient that key backs off,
 * otherwise it waits for its next trigger. A run that begins makes the key's pending timer void, because its outcome says anew when to look.
 */
export function createReconcileLoop(options: ReconcileLoopOptions): ReconcileLoop {
	const {name, clock, log} = options;
	let waiting = 0;
	const reports = defer(() => {
		const later = new DelayedKeys();
		const backoff = new Backoff({...ofOneKey, random: () => clock.random()});
		const bucket = new TokenBucket({...ofAllKeys, monotonicMs: () => clock.monotonicMs()});
		const delayOf = (key: string, outcome: Outcome): number | undefined => {
			if (outcome.kind !== 'failed') backoff.forget(key);
			if (outcome.kind === 'done') return undefined;
			if (outcome.kind === 'again') return outcome.afterMs;
			return isTransient(outcome.error) ? Math.max(backoff.next(key), bucket.takeMs()) : undefined;
		};
		const look = (key: string): Observable<ReconcileReport> => defer(() => {
			later.cancel(key);
			const startedMs = clock.monotonicMs();
			return fromAbortable(signal => attempt(options, key, signal)).pipe(map(outcome => {
				const againAfterMs = delayOf(key, outcome);
				return {reconciler: name, key, outcome: outcome.kind, durationMs: clock.monotonicMs() - startedMs, ...(againAfterMs === undefined ? {} : {againAfterMs})};
			}));
		});
		const sources = options.sources.map(source => source.pipe(retry({delay: () => timer(1000)})));
		return merge(later.keys, ...sources, resyncs(options)).pipe(
			coalesceByKey(look, {concurrency: options.concurrency, onWaiting: count => {
				waiting = count;
			}}),
			tap(({key, againAfterMs}) => {
				if (againAfterMs !== undefined) later.set(key, againAfterMs);
			}),
			finalize(() => {
				later.clear();
				waiting = 0;
			}),
		);
	});
	return {name, reports, queueDepth: () => waiting};

	async function attempt({reconcile}: ReconcileLoopOptions, key: string, signal: AbortSignal): Promise<Outcome> {
		// Whoever waits for the very write that is looked at now is answered first.
		const outcome = await nextTurn().then(async () => (signal.aborted ? done : reconcile(key, signal))).catch(failed);
		if (outcome.kind === 'failed' && !signal.aborted) log.warn('reconcile failed', {reconciler: name, key, error: outcome.error});
		return outcome;
	}
}

function resyncs({beforeResync, keys, resyncMs, clock, log, name}: ReconcileLoopOptions): Observable<string> {
	const prepare = beforeResync ? fromAbortable(beforeResync).pipe(catchError((error: unknown) => {
		log.debug('resync could not be prepared', {reconciler: name, error});
		return [undefined];
	})) : from([undefined]);
	return prepare.pipe(
		mergeMap(() => from(keys())),
		catchError((error: unknown) => {
			log.warn('resync failed', {reconciler: name, error});
			return EMPTY;
		}),
		repeat({delay: () => timer(resyncMs * (0.9 + clock.random() / 5))}),
	);
}
