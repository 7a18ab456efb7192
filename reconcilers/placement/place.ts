import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {filters} from './filters.js';
import type {Misfit} from './filters.js';
import {score} from './score.js';

/** Where something goes, or why nowhere. `explanation` reads `0/3 nodes fit: 2 lack capability gpu, 1 is cordoned`. */
export type Placement =
	| {readonly kind: 'placed'; readonly nodeName: string; readonly engine: string}
	| {readonly kind: 'unplaceable'; readonly explanation: string};

/** Chooses the best of the nodes that fit: here if this node can, otherwise the peer that scores highest, the first by name among equals. */
export function place(placeable: Placeable, candidates: readonly Candidate[]): Placement {
	const judged = candidates.map(candidate => ({candidate, misfit: firstMisfit(candidate, placeable)}));
	const best = judged
		.filter(({misfit}) => misfit === undefined)
		.map(({candidate}) => ({candidate, score: score(candidate, placeable), name: candidate.node.metadata.name}))
		.sort((a, b) => b.score - a.score || (a.name < b.name ? -1 : 1))
		.at(0);
	const engine = best && engineFor(best.candidate.node, placeable);
	if (best && engine !== undefined) return {kind: 'placed', nodeName: best.name, engine};
	return {kind: 'unplaceable', explanation: explain(judged.flatMap(({misfit}) => misfit ?? []))};
}

function firstMisfit(candidate: Candidate, placeable: Placeable): Misfit | undefined {
	for (const filter of filters) {
		const misfit = filter(candidate, placeable);
		if (misfit) return misfit;
	}
	return undefined;
}

function explain(misfits: readonly Misfit[]): string {
	const counted = new Map<string, {readonly misfit: Misfit; readonly count: number}>();
	for (const misfit of misfits) {
		counted.set(misfit.one, {misfit, count: (counted.get(misfit.one)?.count ?? 0) + 1});
	}
	const parts = [...counted.values()]
		.sort((a, b) => b.count - a.count)
		.map(({misfit, count}) => `${count} ${count === 1 ? misfit.one : misfit.many}`);
	const fit = `0/${misfits.length} ${misfits.length === 1 ? 'node fits' : 'nodes fit'}`;
	return parts.length === 0 ? 'no node is known yet' : `${fit}: ${parts.join(', ')}`;
}
