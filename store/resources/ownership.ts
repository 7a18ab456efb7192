import type {ObjectMeta} from './meta.js';

/** Id of the node whose word about an object counts. Set when an object is first stored; users cannot change it. */
export const ownerAnnotation = 'motey.io/owner';
/** How often ownership has passed on, decimal; absent means 1. Of two owners of one object the greater pair (epoch, id) counts. */
export const epochAnnotation = 'motey.io/owner-epoch';
/** On copies only: the owner's own revision of what is copied. */
export const ownerRevisionAnnotation = 'motey.io/owner-revision';
/** On objects whose name another object keeps, which was created elsewhere while the two nodes were apart. They are found by their uid. */
export const conflictAnnotation = 'motey.io/conflict';

/** Annotations that only the system writes. */
export const systemAnnotations: ReadonlySet<string> = new Set([ownerAnnotation, epochAnnotation, ownerRevisionAnnotation, conflictAnnotation]);

type Owned = Readonly<{metadata: Pick<ObjectMeta, 'annotations'>}>;

/** Who owns an object, and in which epoch of its ownership. `owner` is absent on what a lone node stored before it knew its id. */
export interface Ownership {
	readonly owner?: string;
	readonly epoch: number;
}

/** The ownership that an object's annotations tell. */
export function ownershipOf({metadata: {annotations}}: Owned): Ownership {
	const owner = annotations?.[ownerAnnotation];
	return {...(owner === undefined ? {} : {owner}), epoch: Number(annotations?.[epochAnnotation] ?? 1)};
}

/** True when the node with this id owns the object, and so decides about it. */
export function isOwnedBy(object: Owned, nodeId: string): boolean {
	const {owner} = ownershipOf(object);
	return owner === undefined || owner === nodeId;
}

/** The owner's revision of a copy; undefined for what this node owns itself. */
export function ownerRevisionOf({metadata: {annotations}}: Owned): string | undefined {
	return annotations?.[ownerRevisionAnnotation];
}

/** Negative when `a` yields to `b`, positive when it outranks it, 0 when both are one: by epoch, then by id. No clock takes part. */
export function compareOwnership(a: Ownership, b: Ownership): number {
	const [left = '', right = ''] = [a.owner, b.owner];
	return a.epoch - b.epoch || (left < right ? -1 : Number(left > right));
}
