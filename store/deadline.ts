import {setMaxListeners} from 'node:events';

/** A signal that aborts with another one or when the time is over. */
export interface Deadline extends Disposable {
	readonly signal: AbortSignal;
	/** True when the time was over first. */
	expired(): boolean;
	/** Aborts at once, because what was waited for is here; so does disposing of it. */
	end(): void;
}

/**
 * Begins to count; without `timeoutMs` it only follows `outer`. A timer of our own, because it must keep the process alive, which those of
 * `AbortSignal.timeout` do not; and no `AbortSignal.any`, which in Node 20 leaves some kilobytes behind for as long as `outer` lives.
 */
export function startDeadline(outer: AbortSignal, timeoutMs?: number): Deadline {
	const controller = new AbortController();
	let expired = false;
	const end = (): void => controller.abort();
	const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
		expired = true;
		end();
	}, Math.min(timeoutMs, 2_147_483_647));
	// Many may follow one signal at once; each takes its listener away again.
	setMaxListeners(0, outer);
	outer.addEventListener('abort', end, {once: true});
	if (outer.aborted) end();
	return {
		signal: controller.signal,
		expired: () => expired,
		end,
		// Whatever still waits by this signal must not keep the process.
		[Symbol.dispose]() {
			end();
			clearTimeout(timer);
			outer.removeEventListener('abort', end);
		},
	};
}
