import {satisfies} from '../../store/resources/capability.js';
import type {Candidate} from './candidate.js';
import type {Asked} from './filters.js';

/** More than everything else together can weigh. */
const own = 100_000;
/** What one Instance of the same image weighs with *spread*: as much as the greatest preference. */
const perAlike = 100;

/**
 * Higher is better. *here*: the own node before any other, then the freest. *spread*: the fewest Instances of the same image, then the freest.
 * *pack*: the fullest. A preferred capability adds its weight, where 100 is as much as an empty node against a full one.
 */
export function score(candidate: Candidate, asked: Asked): number {
	const preference = preferenceOf(candidate, asked);
	const free = freeShare(candidate, asked);
	switch (asked.placement?.strategy ?? 'here') {
		case 'here': return (candidate.own ? own : 0) + preference + free;
		case 'spread': return preference + free - perAlike * (candidate.alike[asked.name ?? ''] ?? 0);
		case 'pack': return preference - free;
		default: return 0;
	}
}

function preferenceOf({node}: Candidate, {placement}: Asked): number {
	return (placement?.prefer ?? []).reduce((sum, {weight, ...wanted}) => sum + (satisfies(node.status?.capabilities ?? [], wanted) ? weight : 0), 0);
}

/** 0 (full) to just below 100 (empty), by the scarcer of CPU and memory, after this one is placed. */
function freeShare({capacity, reserved}: Candidate, {amounts}: Asked): number {
	if (capacity === undefined) return 0;
	const share = (has: number, used: number): number => (has > 0 ? Math.max(0, 1 - used / has) : 0);
	return 99 * Math.min(share(capacity.cpuMillis, reserved.cpuMillis + amounts.cpuMillis), share(capacity.memoryBytes, reserved.memoryBytes + amounts.memoryBytes));
}
