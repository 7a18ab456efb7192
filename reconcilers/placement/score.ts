import type {Candidate, Placeable} from './candidate.js';
import {amountsOf, cpuMillis, memoryBytes} from './quantity.js';

/** More than everything else together can weigh. */
const own = 1000;

/** Higher is better. Strategy *here*: the own node before any other, then the one with the greater share left free. */
export function score(candidate: Candidate, placeable: Placeable): number {
	return (candidate.own ? own : 0) + freeShare(candidate, placeable);
}

/** 0 (full) to 100 (empty), by the scarcer of CPU and memory, after this one is placed. */
function freeShare({node, reserved}: Candidate, {resources = {}}: Placeable): number {
	const asked = amountsOf(resources);
	const share = (capacity: number, used: number): number => (capacity > 0 ? Math.max(0, 1 - used / capacity) : 0);
	return 100 * Math.min(
		share(cpuMillis(node.status?.capacity.cpu ?? 0), reserved.cpuMillis + asked.cpuMillis),
		share(memoryBytes(node.status?.capacity.memory ?? 0), reserved.memoryBytes + asked.memoryBytes),
	);
}
