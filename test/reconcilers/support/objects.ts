import type {ImageEntry} from '../../../store/resources/image.js';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import type {Store} from '../../../store/store.js';
import {instancesFinalizer} from '../../../reconcilers/finalizers.js';

export const entry = (changes: Partial<ImageEntry> = {}): ImageEntry => ({name: 'app', image: 'app:1', engine: 'memory', ...changes});

export function service(name: string, spec: ServiceSpec, metadata: Partial<Service['metadata']> = {}): Service {
	return {
		apiVersion: 'motey.io/v1', kind: 'Service', spec,
		metadata: {name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', finalizers: [instancesFinalizer], ...metadata},
	};
}

/** What the API does on apply. */
export const apply = (store: Store, name: string, spec: ServiceSpec, metadata: Partial<Service['metadata']> = {}): Promise<Service> => store.transact(transaction => {
	const before = transaction.get('Service', {namespace: metadata.namespace ?? 'default', name});
	return transaction.put<Service>(before ? {...before, spec, metadata: {...before.metadata, ...metadata}} : service(name, spec, metadata));
});

/** What the API does on delete. */
export const remove = (store: Store, kind: 'Service' | 'Instance', name: string, namespace = 'default'): Promise<unknown> => store.transact(transaction => {
	const before = transaction.get(kind, {namespace, name});
	if (before) transaction.put({...before, metadata: {...before.metadata, deletionTimestamp: new Date().toISOString()}});
});

export const getService = (store: Store, name: string, namespace = 'default'): Service | undefined => store.get('Service', {namespace, name});
export const getInstance = (store: Store, name: string, namespace = 'default'): Instance | undefined => store.get('Instance', {namespace, name});
export const isReady = (store: Store, name: string, namespace = 'default'): boolean => {
	const found = getService(store, name, namespace);
	return found?.status?.observedGeneration === found?.metadata.generation
		&& found?.status?.conditions.some(condition => condition.type === 'Ready' && condition.status === 'True') === true;
};
