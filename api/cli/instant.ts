import {InvalidArgumentError} from 'commander';
import {durationMs} from './client-verb.js';
import {warn, type CliIo} from './io.js';

/** Within this nobody wonders. */
const soonSeconds = 2;

/** A point in time: so long from now, or RFC 3339 on the clock of whoever is asked. */
export type Instant = {readonly inMs: number} | {readonly at: string};

/** Tells whoever looks on that an answer takes until then, unless that is soon; nothing is told to a program. `before` says what happens, `after` what may be done about it. */
export function tellWait(instant: Instant, {io, before, after = ''}: {readonly io: CliIo; readonly before: string; readonly after?: string}): void {
	const seconds = Math.round(('at' in instant ? Date.parse(instant.at) - Date.now() : instant.inMs) / 1000);
	if (io.stderr.isTTY === true && seconds > soonSeconds) warn(io, `${before} in ${seconds} s${after}`);
}

/** Parses `+30s`, `in 30s` and `2026-12-24T18:00:00Z`. */
export function parseInstant(text: string): Instant {
	const [, from] = /^(?:\+|in )\s*(\S+)$/u.exec(text) ?? [];
	if (from !== undefined) return {inMs: durationMs(from)};
	// Without an offset it would be the time of some place that nobody names.
	if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:\d\d)$/u.test(text) || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('Write a time as +30s or as 2026-12-24T18:00:00Z, with its Z or its offset.');
	return {at: new Date(text).toISOString()};
}
