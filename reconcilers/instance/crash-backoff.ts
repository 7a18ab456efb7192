import type {InstanceStatus} from '../../store/resources/instance.js';
import type {Observation} from '../ports/engine.js';

const firstMs = 10_000;

/** After this much healthy running, earlier failures are forgotten. Milliseconds. */
export const forgivenAfterMs = 600_000;

/**
 * How long after its end a workload waits that has already been restarted `restarts` times in a row: the first restart is immediate, then
 * 10 s doubling to `maxSeconds`. Milliseconds.
 */
export function restartDelayMs(restarts: number, maxSeconds: number): number {
	if (restarts <= 0) return 0;
	return Math.min(maxSeconds * 1000, firstMs * 2 ** Math.min(restarts - 1, 30));
}

/** Restarts in a row before this end: none when it ran long enough first. */
export function failuresBefore(status: InstanceStatus | undefined, {startedAt, finishedAt}: Pick<Observation, 'startedAt' | 'finishedAt'>): number {
	const ranMs = startedAt === undefined || finishedAt === undefined ? 0 : Date.parse(finishedAt) - Date.parse(startedAt);
	return ranMs >= forgivenAfterMs ? 0 : status?.failures ?? 0;
}

/**
 * Milliseconds still to wait at `nowMs` for something due `delayMs` after `since`. A `since` in the future is a clock that was set back:
 * nobody waits for it to come round again.
 */
export function remainingMs({since, delayMs, nowMs}: {readonly since: string | undefined; readonly delayMs: number; readonly nowMs: number}): number {
	const sinceMs = since === undefined ? Number.NaN : Date.parse(since);
	if (Number.isNaN(sinceMs) || sinceMs > nowMs + 1000) return 0;
	return Math.max(0, Math.min(delayMs, sinceMs + delayMs - nowMs));
}
