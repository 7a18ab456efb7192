import {EngineError} from '../../../reconcilers/ports/engine.js';
import {engineError} from './engine-failure.js';
import {ScopedAbort} from './scoped-abort.js';

/** One call of the Engine API. */
export interface Call {
	/** Completes "could not …". */
	readonly what: string;
	readonly deadlineMs: number;
	/** True when it changes something, so that a lost answer leaves its outcome unknown. */
	readonly changes: boolean;
	readonly signal: AbortSignal;
}

/** Runs `request` until the engine answers, the caller gives up or the deadline passes, and turns every failure into an `EngineError`. */
export async function call<T>({what, deadlineMs, changes, signal}: Call, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
	using scope = new ScopedAbort(signal, deadlineMs);
	if (scope.gaveUp()) throw new EngineError('Aborted', `Given up before the attempt to ${what}`, {transient: true});
	try {
		return await request(scope.signal);
	} catch (error) {
		if (scope.gaveUp()) throw new EngineError('Aborted', `Given up while trying to ${what}`, {transient: true, cause: error});
		if (!scope.isLate()) throw engineError(error, {what, changes});
		const lost = `The Docker Engine did not answer within ${deadlineMs / 1000} s when asked to ${what}`;
		throw changes
			? new EngineError('Unknown', `${lost}; it may still happen`, {transient: true, cause: error})
			: new EngineError('Unavailable', lost, {transient: true, cause: error});
	}
}
