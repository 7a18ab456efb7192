import {Observable} from 'rxjs';

/** The one bridge from promises: starts on subscription, and unsubscribing aborts the signal. */
export const fromAbortable = <T>(start: (signal: AbortSignal) => Promise<T>): Observable<T> =>
	new Observable(subscriber => {
		const controller = new AbortController();
		start(controller.signal).then(
			value => {
				subscriber.next(value);
				subscriber.complete();
			},
			(error: unknown) => {
				subscriber.error(error);
			},
		);
		return () => {
			controller.abort();
		};
	});
