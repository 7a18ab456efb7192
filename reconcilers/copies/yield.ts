import {isBoundTo} from '../../store/resources/instance.js';
import {keyOf} from '../../store/resources/kinds.js';
import type {Resource} from '../../store/resources/kinds.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import {containerFinalizer, isDeleting} from '../finalizers.js';

/**
 * Gives up everything, as a node does that its cluster has forgotten: whoever forgot it has taken its Services over and placed them anew.
 * What runs here is ended, whoever ordered it; copies of what others own go; the node itself and its tokens stay. One batch. `now` is RFC 3339.
 */
export async function yieldEverything(store: Store, {self, now}: {readonly self: {readonly id: string; readonly name: string}; readonly now: string}): Promise<void> {
	await store.transact(transaction => {
		const ending = <R extends Resource>(object: R): R => (isDeleting(object) ? object : {...object, metadata: {...object.metadata, deletionTimestamp: now}});
		for (const instance of store.list('Instance').items) {
			if (!isBoundTo(instance, self)) transaction.delete('Instance', keyOf(instance));
			else transaction.put({...ending(instance), metadata: {...ending(instance).metadata, finalizers: (instance.metadata.finalizers ?? []).filter(one => one === containerFinalizer)}});
		}
		for (const service of store.list('Service').items) {
			if (isOwnedBy(service, self.id)) transaction.put(ending(service));
			else transaction.delete('Service', keyOf(service));
		}
		for (const kind of ['Node', 'Token'] as const) {
			for (const object of store.list(kind).items) if (!isOwnedBy(object, self.id)) transaction.delete(kind, keyOf(object));
		}
		for (const cursor of store.list('Cursor').items) transaction.delete('Cursor', keyOf(cursor));
	});
}
