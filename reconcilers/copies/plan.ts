import type {Kind, Resource} from '../../store/resources/kinds.js';
import {isBoundTo} from '../../store/resources/instance.js';
import {compareOwnership, ownerAnnotation, ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Delta} from '../ports/peers.js';
import {spreadKinds} from './delta.js';

/** What is here when an owner's word arrives. */
export interface CopiesView {
	readonly self: {readonly id: string; readonly name: string};
	/** Proven id of the node that speaks. */
	readonly owner: string;
	readonly delta: Delta;
	/** What is here under a uid. */
	readonly find: (kind: Kind, uid: string) => Resource | undefined;
	/** Everything here that this owner owns. */
	readonly copies: () => readonly Resource[];
}

/** One write. Those of a plan are carried out in their order: what was deleted lets go of its name first. */
export type CopyAction =
	| {readonly do: 'delete'; readonly object: Resource}
	/** Under its name, unless an object with a smaller uid has that. */
	| {readonly do: 'put'; readonly object: Resource};

/** What to write, and what was said that its speaker may not say. */
export interface CopiesPlan {
	readonly actions: readonly CopyAction[];
	readonly refused: readonly Resource[];
}

/**
 * An owner's word against the copies here. Only what it owns is taken from it; a greater ownership outranks a lesser one; what is bound to this
 * node is left to assignments. Nothing is taken for deleted unless the owner says so.
 */
export function planCopies(view: CopiesView): CopiesPlan {
	const {delta, owner, self} = view;
	const spoken = delta.objects.filter(({kind}) => kind !== 'Member');
	const refused = spoken.filter(object => !maySay(object, owner));
	const taken = spoken.filter(object => maySay(object, owner) && !isAssigned(object, self));
	const puts = taken.filter(object => isToBeTaken(object, view));
	return {actions: [...deletions(view).map(object => ({do: 'delete', object}) as const), ...puts.map(object => ({do: 'put', object: copyOf(object)}) as const)], refused};
}

/** What each node keeps for itself, such as its votes, nobody else may say, whoever it says owns it. */
function maySay(object: Resource, speaker: string): boolean {
	return spreadKinds.some(kind => kind === object.kind) && ownershipOf(object).owner === speaker && (object.kind !== 'Node' || object.status === undefined || object.status.id === speaker);
}

const isAssigned = (object: Resource, self: CopiesView['self']): boolean => object.kind === 'Instance' && isBoundTo(object, self);

function isToBeTaken(object: Resource, view: CopiesView): boolean {
	const known = view.find(object.kind, object.metadata.uid);
	return !known || (compareOwnership(ownershipOf(known), ownershipOf(object)) <= 0 && isNews(known, object));
}

/** False for what is here already, and for what an owner restored from a backup has forgotten: it is told by the newest copy, not the other way round. */
function isNews(known: Resource, object: Resource): boolean {
	const revision = ownerRevisionOf(known);
	if (revision === undefined || compareOwnership(ownershipOf(known), ownershipOf(object)) < 0) return true;
	return BigInt(object.metadata.resourceVersion) > BigInt(revision) || (object.metadata.resourceVersion === revision && hasOpinion(known));
}

/** A copy on which this node wrote its own opinion is taken anew although the owner has changed nothing. */
function hasOpinion(object: Resource): boolean {
	const conditions = object.kind === 'Service' || object.kind === 'Node' ? object.status?.conditions ?? [] : [];
	return conditions.some(({reason}) => reason === 'OwnerSilent' || reason === 'NodeSilent');
}

const copyOf = <R extends Resource>(object: R): R =>
	({...object, metadata: {...object.metadata, annotations: {...object.metadata.annotations, [ownerRevisionAnnotation]: object.metadata.resourceVersion}}});

function deletions(view: CopiesView): readonly Resource[] {
	const {delta, owner, self} = view;
	const isCopy = (object: Resource | undefined): object is Resource => object !== undefined
		&& object.metadata.annotations?.[ownerAnnotation] === owner && ownerRevisionOf(object) !== undefined && !isAssigned(object, self);
	if (delta.kind === 'changes') return delta.deleted.map(({kind, uid}) => view.find(kind, uid)).filter(isCopy);
	if (!delta.complete) return [];
	const present = new Set(delta.objects.map(({metadata}) => metadata.uid));
	return view.copies().filter(isCopy).filter(({metadata}) => !present.has(metadata.uid));
}
