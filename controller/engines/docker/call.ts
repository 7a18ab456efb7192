import {EngineError} from '../../../reconcilers/ports/engine.js';
import {engineError} from './engine-failure.js';

/** One call of the Engine API. */
export interface Call {
	/** Completes "could not …". */
	readonly what: string;
	readonly deadlineMs: number;
	/** True when it changes something, so that a lost answer leaves its outcome unknown. */
	readonly changes: boolean;
	readonly signal: AbortSignal;
}

/**
 * Runs `request` until the engine answers, the caller gives up or the deadline passes, and turns every failure into an `EngineError`.
 * The timer and the listener are gone when it returns: unlike `AbortSignal.any`, nothing stays attached to a signal that lives for months.
 */
export async function call<T>({what, deadlineMs, changes, signal}: Call, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
	if (signal.aborted) throw new EngineError('Aborted', `Given up before the attempt to ${what}`, {transient: true});
	const controller = new AbortController();
	const given = {up: false};
	const abort = (): void => controller.abort();
	const giveUp = (): void => {
		given.up = true;
		abort();
	};
	const timer = setTimeout(abort, deadlineMs);
	signal.addEventListener('abort', giveUp, {once: true});
	try {
		return await request(controller.signal);
	} catch (error) {
		if (given.up) throw new EngineError('Aborted', `Given up while trying to ${what}`, {transient: true, cause: error});
		if (!controller.signal.aborted) throw engineError(error, {what, changes});
		const lost = `The Docker Engine did not answer within ${deadlineMs / 1000} s when asked to ${what}`;
		throw changes
			? new EngineError('Unknown', `${lost}; it may still happen`, {transient: true, cause: error})
			: new EngineError('Unavailable', lost, {transient: true, cause: error});
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', giveUp);
	}
}
