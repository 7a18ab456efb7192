import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {askedOf, filters, unoccupied} from './filters.js';
import type {Asked, Filter, Misfit} from './filters.js';
import {score} from './score.js';

/** Where something goes, or why nowhere. `explanation` reads `0/3 nodes fit: 2 lack capability gpu, 1 is cordoned`. */
export type PlacementDecision =
	| {readonly kind: 'placed'; readonly nodeName: string; readonly nodeId: string; readonly engine: string}
	| {readonly kind: 'unplaceable'; readonly explanation: string};

/**
 * Chooses the best of the nodes that fit, by the strategy that is asked for; the first by name among equals. A host port that another
 * Instance has rules a node out only while there are several to choose from: on the only one that fits, it is waited for there.
 */
export function place(placeable: Placeable, candidates: readonly Candidate[]): PlacementDecision {
	const asked = askedOf(placeable);
	const judged = judge(asked, candidates, filters);
	const best = bestOf(asked, judged.fitting);
	if (best) return best;
	return {kind: 'unplaceable', explanation: explain(judged.misfits)};
}

interface Judged {
	readonly fitting: readonly Candidate[];
	readonly misfits: readonly Misfit[];
}

function judge(asked: Asked, candidates: readonly Candidate[], by: readonly Filter[]): Judged {
	const misfits: Misfit[] = [];
	const fitting = candidates.filter(candidate => {
		const misfit = firstMisfit(candidate, asked, by);
		if (misfit) misfits.push(misfit);
		return misfit === undefined;
	});
	if (fitting.length < 2 || by !== filters) return {fitting, misfits};
	const free = judge(asked, fitting, [unoccupied]);
	return {fitting: free.fitting, misfits: [...misfits, ...free.misfits]};
}

function bestOf(asked: Asked, fitting: readonly Candidate[]): PlacementDecision | undefined {
	let best: {readonly candidate: Candidate; readonly score: number} | undefined;
	for (const candidate of fitting) {
		const its = score(candidate, asked);
		if (!best || its > best.score || (its === best.score && candidate.node.metadata.name < best.candidate.node.metadata.name)) best = {candidate, score: its};
	}
	const engine = best && engineFor(best.candidate.node, asked);
	if (!best || engine === undefined) return undefined;
	const {metadata: {name}, status} = best.candidate.node;
	return {kind: 'placed', nodeName: name, nodeId: status?.id ?? '', engine};
}

function firstMisfit(candidate: Candidate, asked: Asked, by: readonly Filter[]): Misfit | undefined {
	for (const filter of by) {
		const misfit = filter(candidate, asked);
		if (misfit) return misfit;
	}
	return undefined;
}

function explain(misfits: readonly Misfit[]): string {
	if (misfits.length === 0) return 'no node is known yet';
	const counted = new Map<string, {readonly misfit: Misfit; readonly count: number}>();
	for (const misfit of misfits) {
		counted.set(misfit.many, {misfit, count: (counted.get(misfit.many)?.count ?? 0) + 1});
	}
	const parts = [...counted.values()]
		.sort((a, b) => b.count - a.count)
		.map(({misfit, count}) => `${count} ${count === 1 ? misfit.one : misfit.many}`);
	return `0/${misfits.length} ${misfits.length === 1 ? 'node fits' : 'nodes fit'}: ${parts.join(', ')}`;
}
