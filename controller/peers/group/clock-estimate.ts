/** How far another's monotonic clock is from the own one, as one exchange of four timestamps shows it. */
interface Sample {
	/** Theirs minus ours. */
	readonly offsetMs: number;
	readonly roundTripMs: number;
	/** On our clock. */
	readonly atMs: number;
}

/** When a question was sent and its answer received, on our clock, and when it was received and answered, on theirs. */
export interface Exchange {
	readonly sentMs: number;
	readonly receivedMs: number;
	readonly answeredMs: number;
	readonly nowMs: number;
}

/** A leader in one term: when it leads again, it may have been started anew, and its clock with it. */
export interface Reign {
	readonly leader: string;
	readonly term: number;
}

/** What is known of the clock of whoever leads: its last exchanges. */
export interface ClockEstimate {
	readonly of: Reign | undefined;
	readonly samples: readonly Sample[];
}

/** Nothing yet. */
export const noEstimate: ClockEstimate = {of: undefined, samples: []};

/** Exchanges that the best is chosen of. */
export const samplesKept = 8;
/** How far two quartz clocks move apart, of the time that passes: 100 parts in a million. */
const drift = 1e-4;

/** Whether an estimate is of the clock by which this leader leads in this term. */
export function isOf({of}: ClockEstimate, {leader, term}: Reign): boolean {
	return of?.leader === leader && of.term === term;
}

/** With one exchange more; under another leader than before, or in another term, the earlier ones count no more. @see RFC 5905 §8, the on-wire protocol */
export function withExchange(estimate: ClockEstimate, of: Reign, {sentMs, receivedMs, answeredMs, nowMs}: Exchange): ClockEstimate {
	const sample = {offsetMs: ((receivedMs - sentMs) + (answeredMs - nowMs)) / 2, roundTripMs: Math.max(0, (nowMs - sentMs) - (answeredMs - receivedMs)), atMs: nowMs};
	return {of, samples: [...(isOf(estimate, of) ? estimate.samples : []), sample].slice(-samplesKept)};
}

/**
 * The offset of the best of the last 8 exchanges, wrong by half of its round trip at most, and by what the clocks have moved apart since; undefined
 * before the first.
 */
export function offsetOf({samples}: ClockEstimate, nowMs: number): {readonly offsetMs: number; readonly boundMs: number} | undefined {
	const all = samples.map(({offsetMs, roundTripMs, atMs}) => ({offsetMs, boundMs: roundTripMs / 2 + (nowMs - atMs) * drift}));
	const [first, ...others] = all;
	return first && others.reduce((best, one) => (one.boundMs < best.boundMs ? one : best), first);
}
