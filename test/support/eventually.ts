import {setTimeout as delay} from 'node:timers/promises';
import {inspect} from 'node:util';

/** How long to wait, and the words for what is awaited. */
export interface EventuallyOptions {
	/** Bound of the whole wait; generous by default (60 000), since it is only spent when something is wrong. */
	readonly withinMs?: number;
	/** Ends the sentence "waited 60000 ms for …". */
	readonly what?: string;
	/** Pause between two looks. */
	readonly everyMs?: number;
}

/**
 * Looks at `condition` until it gives a truthy value, and returns that value.
 * A condition that throws counts as not yet. After `withinMs` it rejects, saying what was awaited and what was seen last.
 */
export async function eventually<T>(
	condition: () => T | Promise<T>,
	{withinMs = 60_000, what = condition.toString(), everyMs = 50}: EventuallyOptions = {},
): Promise<NonNullable<T>> {
	const deadline = performance.now() + withinMs;
	for (;;) {
		let last: unknown;
		try {
			const value = await condition();
			if (value) return value;
			last = value;
		} catch (error) {
			last = error;
		}
		if (performance.now() >= deadline) {
			const seen = last instanceof Error ? `it threw ${last.stack ?? last.message}` : `the last value was ${inspect(last, {depth: 6})}`;
			throw new Error(`Waited ${withinMs} ms for ${what}; ${seen}`, {cause: last});
		}
		await delay(everyMs);
	}
}
