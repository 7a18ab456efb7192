import {z} from 'zod';
import {ConflictCopy} from './conflict-copy.js';
import {Cursor} from './cursor.js';
import {Group} from './group.js';
import {GroupMember} from './group-member.js';
import {Instance} from './instance.js';
import {JoinToken} from './join-token.js';
import {Member} from './member.js';
import {Node} from './node.js';
import {conflictAnnotation, ownerAnnotation} from './ownership.js';
import {Service} from './service.js';
import {Token} from './token.js';

/** Every kind the store keeps, by name. */
export interface ResourceByKind {
	readonly Service: Service;
	readonly Instance: Instance;
	readonly Node: Node;
	readonly Token: Token;
	readonly Member: Member;
	readonly Cursor: Cursor;
	readonly JoinToken: JoinToken;
	readonly Group: Group;
	readonly GroupMember: GroupMember;
	readonly ConflictCopy: ConflictCopy;
}
export type Kind = keyof ResourceByKind;
export type ResourceOf<K extends Kind> = ResourceByKind[K];
export type Resource = ResourceByKind[Kind];

/** The schema that a stored object of each kind satisfies. */
export const schemas = {Service, Instance, Node, Token, Member, Cursor, JoinToken, Group, GroupMember, ConflictCopy} as const;

/** Any object of any kind, read by its kind. */
export const AnyResource = z.discriminatedUnion('kind', [Service, Instance, Node, Token, Member, Cursor, JoinToken, Group, GroupMember, ConflictCopy]);

/** Kinds without a namespace; their key has namespace `''`. */
export const clusterScoped: ReadonlySet<Kind> = new Set<Kind>(['Node', 'Token', 'Member', 'Cursor', 'JoinToken', 'Group', 'GroupMember']);

/** All kinds, in the order a start-up list shows them. */
export const kinds = ['Node', 'Service', 'Instance', 'Token', 'Member', 'Cursor', 'JoinToken', 'Group', 'GroupMember', 'ConflictCopy'] as const satisfies readonly Kind[];

/** What names an object within its kind. `namespace` is `''` for cluster-scoped kinds. */
export interface ObjectKey {
	readonly namespace: string;
	readonly name: string;
}

/** The key of an object: its name, and where another object keeps that name also its uid, after a `~` that no name may hold. */
export function keyOf({metadata: {namespace = '', name, uid, annotations}}: Resource): ObjectKey {
	return {namespace, name: annotations?.[conflictAnnotation] === undefined ? name : `${name}~${uid}`};
}

/** A key as one string, for maps and work queues: `namespace/name`, or `/name` for cluster-scoped kinds. */
export function keyText(key: ObjectKey): string {
	return `${key.namespace}/${key.name}`;
}

/** The inverse of `keyText`. */
export function parseKey(text: string): ObjectKey {
	const slash = text.indexOf('/');
	return {namespace: text.slice(0, slash), name: text.slice(slash + 1)};
}

/**
 * Secondary indexes the store keeps for each kind, so that a lookup costs what it finds and not what exists.
 * Each function lists the values under which the object is found.
 */
export const indexes = {
	/** By uid of the controlling owner. */
	owner: (object: Resource): readonly string[] => (object.metadata.ownerReferences ?? []).filter(reference => reference.controller).map(reference => reference.uid),
	/** By the node an Instance is bound to: its name as it was then, and its id. */
	node: (object: Resource): readonly string[] => (object.kind === 'Instance' ? [object.spec.nodeName, ...object.spec.nodeId === undefined || object.spec.nodeId === object.spec.nodeName ? [] : [object.spec.nodeId]] : []),
	/** By the id of the node whose word about it counts. */
	owned: ({metadata: {annotations}}: Resource): readonly string[] => (annotations?.[ownerAnnotation] === undefined ? [] : [annotations[ownerAnnotation]]),
	/** By own uid; an Instance also by that of the container it adopted. */
	uid: (object: Resource): readonly string[] => (object.kind === 'Instance' && object.spec.adopted !== undefined ? [object.metadata.uid, object.spec.adopted] : [object.metadata.uid]),
	/** A Token by the hash of its secret. */
	secret: (object: Resource): readonly string[] => (object.kind === 'Token' ? [object.spec.sha256] : []),
} as const;
export type IndexName = keyof typeof indexes;

/** The field values that field selectors may name, beside `metadata.name` and `metadata.namespace`. */
export function selectableFields(object: Resource): Readonly<Record<string, string>> {
	return object.kind === 'Instance'
		? {'status.phase': object.status?.phase ?? 'Pending', 'spec.nodeName': object.spec.nodeName}
		: {};
}
