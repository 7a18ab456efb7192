import {isDeepStrictEqual} from 'node:util';
import {changedFiles} from '../../store/resources/files.js';
import type {ImageEntry} from '../../store/resources/image.js';
import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Candidate} from '../placement/candidate.js';
import {place} from '../placement/place.js';
import type {PlacementDecision} from '../placement/place.js';

/**
 * Where the replacement of one image's containers stands. `step`: this Instance is next, in place or by moving. `waiting`: for one that is on
 * its way. `stopped`: one failed with the new spec, or its node cannot run it; nothing more is touched until the spec changes or it recovers.
 */
export type Rollout =
	| {readonly kind: 'complete'}
	| {readonly kind: 'step'; readonly instance: Instance; readonly moves: boolean; readonly engine: string}
	| {readonly kind: 'waiting'; readonly instance: Instance}
	| {readonly kind: 'stopped'; readonly instance: Instance; readonly because: string};

/** Reasons of an Instance that keeps an older container running because the newer cannot be had. */
const cannotBeHad: ReadonlySet<string> = new Set(['ImageUnavailable', 'PolicyRefused', 'PortTaken', 'SpecInvalid']);

/** What a rollout asks for. */
export interface RolloutContext {
	/** Of the spec that is wanted. */
	readonly hash: string;
	readonly candidates: () => readonly Candidate[];
	/** Where it would go instead; undefined when each belongs to its node, which then runs it also while it takes nothing new. */
	readonly elsewhere: () => PlacementDecision | undefined;
}

/**
 * One at a time: the next is touched only when each that carries what is wanted runs it and is ready. Those that are not ready go first. New
 * content of files takes its turn as well, though it replaces no container: it may restart one, and may be wrong.
 */
export function planRollout(entry: ImageEntry, instances: readonly Instance[], {hash, candidates, elsewhere}: RolloutContext): Rollout {
	const carries = ({spec}: Instance): boolean => spec.specHash === hash && isDeepStrictEqual(spec.image.files ?? [], entry.files ?? []);
	const outdated = instances.filter(instance => !carries(instance));
	if (outdated.length === 0) return {kind: 'complete'};
	const unfinished = instances.find(instance => carries(instance) && !isUpdated(instance, hash));
	if (unfinished) return isStuck(unfinished) ? {kind: 'stopped', instance: unfinished, because: sentenceOf(unfinished)} : {kind: 'waiting', instance: unfinished};
	const instance = outdated.find(one => one.status?.ready !== true) ?? outdated[0];
	return instance ? stepOf(entry, instance, {candidates: candidates(), elsewhere}) : {kind: 'complete'};
}

/** Whether the container that runs (or ran to its end) is of this hash, and has its files. */
function isUpdated({spec: {image}, status}: Instance, hash: string): boolean {
	if (status?.specHash !== hash) return false;
	return status.phase === 'Terminated' || (status.ready && changedFiles(image.files, status.files).length === 0);
}

function isStuck({status}: Instance): boolean {
	return status?.phase === 'Failed' || cannotBeHad.has(status?.reason ?? '');
}

function sentenceOf({metadata, status}: Instance): string {
	return `${metadata.name}: ${status?.message === undefined || status.message === '' ? status?.reason ?? 'not ready' : status.message}`;
}

/** Its own share of the node is not asked for twice: resources are left out of the question. */
function stepOf(entry: ImageEntry, instance: Instance, {candidates, elsewhere}: Pick<RolloutContext, 'elsewhere'> & {readonly candidates: readonly Candidate[]}): Rollout {
	const {resources: _, ...asked} = entry;
	const anywhere = elsewhere();
	const own = candidates.filter(({node}) => isBoundTo(instance, {id: node.status?.id ?? '', name: node.metadata.name}));
	const here = place(asked, anywhere === undefined ? own.map(candidate => ({...candidate, node: {...candidate.node, spec: {}}})) : own);
	if (here.kind === 'placed' && (entry.engine === undefined || here.engine === instance.spec.image.engine)) {
		return {kind: 'step', instance, moves: false, engine: instance.spec.image.engine};
	}
	const refusal = anywhere ?? here;
	if (refusal.kind === 'unplaceable') return {kind: 'stopped', instance, because: `${instance.metadata.name}: ${refusal.explanation}`};
	return {kind: 'step', instance, moves: true, engine: refusal.engine};
}
