import type {Kind, Resource} from '../../store/resources/kinds.js';
import {isBoundTo} from '../../store/resources/instance.js';
import {compareOwnership, conflictAnnotation, ownerAnnotation, ownerRevisionAnnotation, ownerRevisionOf, ownershipOf} from '../../store/resources/ownership.js';
import type {Delta} from '../ports/peers.js';

/** What is here when an owner's word arrives. */
export interface CopiesView {
	readonly self: {readonly id: string; readonly name: string};
	/** Proven id of the node that speaks. */
	readonly owner: string;
	readonly delta: Delta;
	/** What is here under a uid. */
	readonly find: (kind: Kind, uid: string) => Resource | undefined;
	/** What holds the plain name of this object here. */
	readonly holder: (object: Resource) => Resource | undefined;
	/** Everything here that this owner owns. */
	readonly copies: () => readonly Resource[];
}

/** One write. `replaces` is what stands under another key and goes in the same batch. */
export type CopyAction =
	| {readonly do: 'put'; readonly object: Resource; readonly replaces?: Resource}
	| {readonly do: 'delete'; readonly object: Resource}
	/** Keeps its uid, but gives its name up to an object with a smaller one. */
	| {readonly do: 'rename'; readonly object: Resource};

/** What to write, and what was said that its speaker may not say. */
export interface CopiesPlan {
	readonly actions: readonly CopyAction[];
	readonly refused: readonly Resource[];
}

/**
 * An owner's word against the copies here. Only what it owns is taken from it; a greater ownership outranks a lesser one; what is bound to this
 * node is left to assignments; of two objects with one name the smaller uid keeps it. Nothing is taken for deleted unless the owner says so.
 */
export function planCopies(view: CopiesView): CopiesPlan {
	const {delta, owner, self} = view;
	const spoken = delta.objects.filter(({kind}) => kind !== 'Member');
	const refused = spoken.filter(object => !maySay(object, owner));
	const taken = spoken.filter(object => maySay(object, owner) && !isAssigned(object, self));
	const puts = taken.flatMap(object => take(object, view));
	return {actions: [...puts, ...deletions(view).map(object => ({do: 'delete', object}) as const)], refused};
}

function maySay(object: Resource, speaker: string): boolean {
	return ownershipOf(object).owner === speaker && (object.kind !== 'Node' || object.status === undefined || object.status.id === speaker);
}

const isAssigned = (object: Resource, self: CopiesView['self']): boolean => object.kind === 'Instance' && isBoundTo(object, self);

function take(object: Resource, view: CopiesView): readonly CopyAction[] {
	const known = view.find(object.kind, object.metadata.uid);
	if (known && compareOwnership(ownershipOf(known), ownershipOf(object)) > 0) return [];
	if (known && !isNews(known, object)) return [];
	const holder = view.holder(object);
	const yields = holder !== undefined && holder.metadata.uid !== object.metadata.uid && holder.metadata.uid < object.metadata.uid;
	const copy = copyOf(object, {yields});
	const pushed = holder !== undefined && holder.metadata.uid !== object.metadata.uid && !yields ? [{do: 'rename', object: marked(holder)} as const] : [];
	const isMoved = known !== undefined && isConflicting(known) !== yields;
	return [...pushed, {do: 'put', object: copy, ...(isMoved ? {replaces: known} : {})}];
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

function copyOf<R extends Resource>(object: R, {yields}: {readonly yields: boolean}): R {
	const {[conflictAnnotation]: _, ...annotations} = object.metadata.annotations ?? {};
	return {...object, metadata: {...object.metadata, annotations: {
		...annotations, [ownerRevisionAnnotation]: object.metadata.resourceVersion, ...(yields ? {[conflictAnnotation]: 'true'} : {}),
	}}};
}

/** The same object, found by its uid from then on. */
function marked<R extends Resource>(object: R): R {
	return {...object, metadata: {...object.metadata, annotations: {...object.metadata.annotations, [conflictAnnotation]: 'true'}}};
}

const isConflicting = (object: Resource): boolean => object.metadata.annotations?.[conflictAnnotation] !== undefined;

function deletions(view: CopiesView): readonly Resource[] {
	const {delta, owner, self} = view;
	const isCopy = (object: Resource | undefined): object is Resource => object !== undefined
		&& object.metadata.annotations?.[ownerAnnotation] === owner && ownerRevisionOf(object) !== undefined && !isAssigned(object, self);
	if (delta.kind === 'changes') return delta.deleted.map(({kind, uid}) => view.find(kind, uid)).filter(isCopy);
	if (!delta.complete) return [];
	const present = new Set(delta.objects.map(({metadata}) => metadata.uid));
	return view.copies().filter(isCopy).filter(({metadata}) => !present.has(metadata.uid));
}
