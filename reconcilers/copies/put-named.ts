import {clusterScoped, keyOf, keyText} from '../../store/resources/kinds.js';
import type {ObjectKey, Resource} from '../../store/resources/kinds.js';
import {conflictAnnotation} from '../../store/resources/ownership.js';
import type {Transaction} from '../../store/store.js';

/**
 * Stores an object as another node says it is, under its name: of two objects with one name the smaller uid keeps it, and the other is found
 * by its uid from then on. Never replaces an object of another uid.
 */
export function putNamed(transaction: Transaction, object: Resource): void {
	const {kind, metadata: {uid}} = object;
	const known = transaction.lookup(kind, 'uid', uid).find(({metadata}) => metadata.uid === uid);
	const holder = transaction.get(kind, plainKeyOf(object));
	const isNameTaken = holder !== undefined && holder.metadata.uid !== uid;
	const yields = isNameTaken && holder.metadata.uid < uid;
	const named = yields ? conflicting(object) : withoutConflict(object);
	if (isNameTaken && !yields) move(transaction, holder, conflicting(holder));
	if (known) move(transaction, known, named);
	else transaction.putCopy(named);
}

/** Has an object found by its uid from now on, so that another may have its name. */
export function yieldName(transaction: Transaction, object: Resource): void {
	move(transaction, object, conflicting(object));
}

/** Gives an object its name back when no other has it any more. True when it had to be written. */
export function regainName(transaction: Transaction, object: Resource): boolean {
	if (!isConflicting(object) || transaction.get(object.kind, plainKeyOf(object)) !== undefined) return false;
	move(transaction, object, withoutConflict(object));
	return true;
}

/** The name that an object has, or would have if no other had it. */
function plainKeyOf({kind, metadata: {name, namespace = ''}}: Resource): ObjectKey {
	return {namespace: clusterScoped.has(kind) ? '' : namespace, name};
}

/** True for an object whose name another one has. */
const isConflicting = ({metadata: {annotations}}: Resource): boolean => annotations?.[conflictAnnotation] !== undefined;

/** The same object, found by its uid. */
function conflicting<R extends Resource>(object: R): R {
	return {...object, metadata: {...object.metadata, annotations: {...object.metadata.annotations, [conflictAnnotation]: 'true'}}};
}

/** The same object, found by its name. */
function withoutConflict<R extends Resource>(object: R): R {
	const {[conflictAnnotation]: marked, ...annotations} = object.metadata.annotations ?? {};
	return marked === undefined ? object : {...object, metadata: {...object.metadata, annotations}};
}

/** Replaces what is stored under one key by what belongs under that key or another. */
function move(transaction: Transaction, from: Resource, to: Resource): void {
	if (keyText(keyOf(from)) !== keyText(keyOf(to))) transaction.delete(from.kind, keyOf(from));
	transaction.putCopy(to);
}
