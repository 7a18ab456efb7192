import {setTimeout as delay} from 'node:timers/promises';

/** Resolves after `ms`; throws what the signal says as soon as it does. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
	await delay(ms, undefined, {signal}).catch((error: unknown) => {
		signal.throwIfAborted();
		throw error;
	});
}
