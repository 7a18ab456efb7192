import {randomFrom} from '../support/random.js';

/** What is done to hosts, by their places in the ground. `forMs`: how long until it is undone. */
export interface Fault {
	readonly what: 'isolate' | 'cut' | 'cut-one-way' | 'power-off' | 'kill-agent' | 'pause-agent' | 'restart-engine';
	readonly host: number;
	/** Only for cuts: the other end. */
	readonly other: number;
	readonly afterMs: number;
	readonly forMs: number;
}

/** Faults that overlap; before the next round all is mended and calm. */
export type Round = readonly Fault[];

const kinds = ['isolate', 'cut', 'cut-one-way', 'power-off', 'kill-agent', 'pause-agent', 'restart-engine'] as const;

/** Rounds of faults by chance: the same for the same seed. Each host has at most one fault in a round that ends a process of it. */
export function scheduleOf(seed: number, {hosts, rounds}: {readonly hosts: number; readonly rounds: number}): readonly Round[] {
	const random = randomFrom(seed);
	const below = (bound: number): number => Math.floor(random() * bound);
	return Array.from({length: rounds}, () => {
		const first = below(hosts);
		const second = (first + 1 + below(hosts - 1)) % hosts;
		const faultOf = (host: number, other: number): Fault => ({what: kinds[below(kinds.length)]!, host, other, afterMs: below(5000), forMs: 3000 + below(20_000)});
		const one = faultOf(first, second);
		return random() < 0.5 ? [one] : [one, faultOf(second, first)];
	});
}

/** A schedule in words, for whoever replays it. */
export function describeSchedule(schedule: readonly Round[], names: readonly string[]): string {
	const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
	return schedule.map(round => round.map(({what, host, other, afterMs, forMs}) => `${what} ${names[host]!}${what.startsWith('cut') ? ` ${names[other]!}` : ''} after ${inSeconds(afterMs)} for ${inSeconds(forMs)}`).join(' and ')).join('; ');
}
