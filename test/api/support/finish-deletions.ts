import type {Store} from '../../../store/store.js';

/**
 * Stands in for the service reconciler where none runs: a Service that is to be deleted loses the finalizers that wait for its Instances.
 * Returns what ends it.
 */
export function finishDeletions(store: Store): () => void {
	const waiting = new Set(['motey.io/instances', 'foregroundDeletion']);
	const subscription = store.changes({kind: 'Service'}).subscribe(({object}) => {
		const {name, namespace = '', finalizers = [], deletionTimestamp} = object.metadata;
		if (deletionTimestamp === undefined || !finalizers.some(finalizer => waiting.has(finalizer))) return;
		void store.transact(transaction => {
			const live = transaction.get('Service', {namespace, name});
			if (live) transaction.put({...live, metadata: {...live.metadata, finalizers: (live.metadata.finalizers ?? []).filter(finalizer => !waiting.has(finalizer))}});
		});
	});
	return () => subscription.unsubscribe();
}
