import {createHash} from 'node:crypto';
import {isBoundTo} from '../../store/resources/instance.js';
import type {Kind, Resource} from '../../store/resources/kinds.js';
import {ownerRevisionOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';

/** Members spread from whoever has them, so no owner can answer for all of them. */
const digestedKinds = ['Service', 'Instance', 'Node', 'Token'] as const satisfies readonly Kind[];

/**
 * Stands for everything `owner` owns as a holder of copies should have it, by uid and the owner's revision: the owner and the holder work out the
 * same text when nothing is missing, stale or too many. What is bound to the holder is left out, which comes by assignment. Opinions do not count.
 */
export function digestOf(store: Pick<Store, 'lookup'>, {owner, holder}: {readonly owner: string; readonly holder: string}): string {
	const isBoundToHolder = (object: Resource): boolean => object.kind === 'Instance' && isBoundTo(object, {id: holder, name: ''});
	const lines = digestedKinds
		.flatMap((kind): readonly Resource[] => store.lookup(kind, 'owned', owner))
		.filter(object => !isBoundToHolder(object))
		.map(object => `${object.metadata.uid} ${ownerRevisionOf(object) ?? object.metadata.resourceVersion}`)
		.sort();
	return createHash('sha256').update(lines.join('\n')).digest('base64url');
}
