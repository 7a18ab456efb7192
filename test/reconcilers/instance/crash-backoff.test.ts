import test from 'ava';
import {failuresBefore, remainingMs, restartDelayMs} from '../../../reconcilers/instance/crash-backoff.js';

test('the first restart is immediate, then ten seconds doubling to the cap', t => {
	t.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 100].map(restarts => restartDelayMs(restarts, 300) / 1000), [0, 10, 20, 40, 80, 160, 300, 300, 300]);
	t.is(restartDelayMs(1, 3), 3000);
});

test('ten healthy minutes are forgiven everything', t => {
	const status = {phase: 'Running', reason: '', message: '', ready: true, restarts: 4, failures: 4, conditions: []} as const;
	t.is(failuresBefore(status, {startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:09:59Z'}), 4);
	t.is(failuresBefore(status, {startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:10:00Z'}), 0);
});

test('no clock that is set makes anybody wait longer than the delay', t => {
	const nowMs = Date.parse('2026-01-01T00:00:00Z');
	t.is(remainingMs({since: '2025-12-31T23:59:56Z', delayMs: 10_000, nowMs}), 6000);
	t.is(remainingMs({since: '2025-01-01T00:00:00Z', delayMs: 10_000, nowMs}), 0);
	t.is(remainingMs({since: '2027-01-01T00:00:00Z', delayMs: 10_000, nowMs}), 0);
	t.is(remainingMs({since: undefined, delayMs: 10_000, nowMs}), 0);
});
