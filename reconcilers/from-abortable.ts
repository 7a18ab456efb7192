import {Observable} from 'rxjs';

/** The one bridge from promises: starts on subscription, and unsubscribing aborts the signal. */
export const fromAbortable = <T>(start: (signal: AbortSignal) => Promise<T>): Observable<T> =>
	new Observable(subscriber => {
		const controller = new AbortController();
		let settled = false;
		start(controller.signal).then(
			value => {
				settled = true;
				subscriber.next(value);
				subscriber.complete();
			},
			(error: unknown) => {
				settled = true;
				subscriber.error(error);
			},
		);
		return () => {
			// An abort costs an error with its stack: only while there is something to end.
			if (!settled) controller.abort();
		};
	});
