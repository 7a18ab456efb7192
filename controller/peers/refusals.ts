import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';

const quietMs = 60_000;
/** Sources remembered at once; a flood from ever new ones makes the oldest be forgotten. */
const sourceLimit = 1000;
/** Lines a minute in all: whoever makes up a new key each time does not fill the disk. */
const lineLimit = 60;

/** What was refused to whom, counted, and logged at most once a minute for each reason and source, and 60 times a minute in all. */
export interface Refusals {
	/** Refused since the start. */
	readonly count: number;
	/** `source`: what is known of the sender, such as its key or address. */
	refuse(reason: string, source: string): void;
}

/** Begins counting. A line in the log tells how many of its kind were refused since the last one. */
export function createRefusals({log, clock}: {log: Log; clock: Clock}): Refusals {
	const seen = new Map<string, {untoldSince: number; count: number}>();
	let count = 0;
	let minute = {since: Number.NEGATIVE_INFINITY, lines: 0};
	const mayTell = (now: number): boolean => {
		if (now - minute.since >= quietMs) minute = {since: now, lines: 0};
		minute.lines++;
		return minute.lines <= lineLimit;
	};
	return {
		get count() {
			return count;
		},
		refuse(reason, source) {
			count++;
			const key = `${reason} ${source}`;
			const now = clock.monotonicMs();
			const entry = seen.get(key);
			if (entry !== undefined && now - entry.untoldSince < quietMs) {
				entry.count++;
				return;
			}
			if (mayTell(now)) log.warn('refused a peer', {reason, source, times: (entry?.count ?? 0) + 1});
			seen.delete(key);
			seen.set(key, {untoldSince: now, count: 0});
			const [oldest] = seen.keys();
			if (seen.size > sourceLimit && oldest !== undefined) seen.delete(oldest);
		},
	};
}
