/** What one look at one key came to. `done`: nothing more until something changes. `again`: look once more after that time, whatever happens. */
export type Outcome =
	| {readonly kind: 'done'}
	| {readonly kind: 'again'; readonly afterMs: number}
	| {readonly kind: 'failed'; readonly error: Error};

/** Converged, or waiting for somebody else's change. */
export const done: Outcome = {kind: 'done'};

/** Look again after `afterMs` milliseconds; a trigger that comes earlier looks earlier. */
export const again = (afterMs: number): Outcome => ({kind: 'again', afterMs});

/** This attempt failed; the loop backs this key off when the error is transient and otherwise waits for its next trigger. */
export const failed = (error: unknown): Outcome => ({kind: 'failed', error: error instanceof Error ? error : new Error(String(error))});

/** Whether trying the same again may help. Errors that do not say are taken for passing ones: a retry with back-off costs little, a stuck key much. */
export function isTransient(error: Error): boolean {
	return !('transient' in error) || error.transient !== false;
}
