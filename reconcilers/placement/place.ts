import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {askedOf, filters, unoccupied} from './filters.js';
import type {Asked, Misfit} from './filters.js';
import {score} from './score.js';

/** Where something goes, or why nowhere. `explanation` reads `0/3 nodes fit: 2 lack capability gpu, 1 is cordoned`. */
export type PlacementDecision =
	| {readonly kind: 'placed'; readonly nodeName: string; readonly nodeId: string; readonly engine: string}
	| {readonly kind: 'unplaceable'; readonly explanation: string};

/** What one candidate is to one question: why it does not fit, whether only a host port is in the way, and how good it would be. */
interface Judgement {
	readonly misfit?: Misfit;
	readonly occupied?: Misfit;
	readonly score: number;
}

/** A question that is asked again and again while candidates change one by one: what was judged once is remembered with the candidate. */
export interface Question {
	readonly asked: Asked;
	readonly judged: WeakMap<Candidate, Judgement>;
}

/** Opens a question. */
export const questionOf = (placeable: Placeable): Question => ({asked: askedOf(placeable), judged: new WeakMap()});

/**
 * Chooses the best of the nodes that fit, by the strategy that is asked for; the first by name among equals. A host port that another
 * Instance has rules a node out only while there are several to choose from: on the only one that fits, it is waited for there.
 */
export const place = (placeable: Placeable, candidates: readonly Candidate[]): PlacementDecision => placeAgain(questionOf(placeable), candidates);

/** The same for a question that was asked before: costs what has changed since. */
export function placeAgain(question: Question, candidates: readonly Candidate[]): PlacementDecision {
	const judged = candidates.map(candidate => ({candidate, judgement: judge(question, candidate)}));
	const fitting = judged.filter(({judgement}) => judgement.misfit === undefined);
	const [only] = fitting;
	const best = only && fitting.length === 1 ? only : bestOf(fitting.filter(({judgement}) => judgement.occupied === undefined));
	const engine = best && engineFor(best.candidate.node, question.asked);
	if (!best || engine === undefined) return {kind: 'unplaceable', explanation: explain(judged.flatMap(({judgement: {misfit, occupied}}) => misfit ?? occupied ?? []))};
	const {metadata: {name}, status} = best.candidate.node;
	return {kind: 'placed', nodeName: name, nodeId: status?.id ?? '', engine};
}

/** Why one node does not fit, as in `lacks capability gpu`; undefined when it does. */
export function refusalOf(question: Question, candidate: Candidate): string | undefined {
	const {misfit, occupied} = judge(question, candidate);
	return (misfit ?? occupied)?.one;
}

function judge({asked, judged}: Question, candidate: Candidate): Judgement {
	const known = judged.get(candidate);
	if (known) return known;
	const misfit = firstMisfit(candidate, asked);
	const occupied = misfit ? undefined : unoccupied(candidate, asked);
	const judgement = {...(misfit ? {misfit} : {}), ...(occupied ? {occupied} : {}), score: misfit ? 0 : score(candidate, asked)};
	judged.set(candidate, judgement);
	return judgement;
}

function firstMisfit(candidate: Candidate, asked: Asked): Misfit | undefined {
	for (const filter of filters) {
		const misfit = filter(candidate, asked);
		if (misfit) return misfit;
	}
	return undefined;
}

interface Judged {
	readonly candidate: Candidate;
	readonly judgement: Judgement;
}

function bestOf(judged: readonly Judged[]): Judged | undefined {
	let best: Judged | undefined;
	for (const one of judged) {
		const ahead = best ? one.judgement.score - best.judgement.score : 1;
		if (ahead > 0 || (ahead === 0 && best && one.candidate.node.metadata.name < best.candidate.node.metadata.name)) best = one;
	}
	return best;
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
