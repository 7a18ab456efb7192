import {z} from 'zod';
import type {ObjectMeta} from './meta.js';

/** Id of the node whose word about an object counts. Set when an object is first stored; users cannot change it. */
export const ownerAnnotation = 'motey.io/owner';
/** How often ownership has passed on, decimal; absent means 1. Of two owners of one object the greater pair (epoch, id) counts. */
export const epochAnnotation = 'motey.io/owner-epoch';
/** On copies only: the owner's own revision of what is copied. */
export const ownerRevisionAnnotation = 'motey.io/owner-revision';
/** On objects whose name another object keeps, which was created elsewhere while the two nodes were apart. They are found by their uid. */
export const conflictAnnotation = 'motey.io/conflict';

/** On Services that were taken over from a lost owner: from whom and at which state, as JSON; see `Adoption`. */
export const adoptionAnnotation = 'motey.io/adopted';

/** Annotations that only the system writes. */
export const systemAnnotations: ReadonlySet<string> = new Set([ownerAnnotation, epochAnnotation, ownerRevisionAnnotation, conflictAnnotation, adoptionAnnotation]);

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

/** What is remembered of the last time that a Service was taken over. */
export const Adoption = z.object({
	/** Id of the node that owned it. */
	from: z.string(),
	/** That node's revision of what was taken over; empty when it is not known. */
	revision: z.string(),
	/** Digest of what its users had said of it then. */
	content: z.string(),
	/** Ids of former owners that may not know yet that they own it no more. */
	unheard: z.array(z.string()).readonly(),
}).readonly();
export type Adoption = z.infer<typeof Adoption>;

/** How an object was last taken over; undefined when it never was. */
export function adoptionOf({metadata: {annotations}}: Owned): Adoption | undefined {
	const text = annotations?.[adoptionAnnotation];
	if (text === undefined) return undefined;
	try {
		return Adoption.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
