import type {Resource} from '../store/resources/kinds.js';

/** On a Service: its Instances still exist. Put there by the API, removed by the service reconciler. */
export const instancesFinalizer = 'motey.io/instances';
/** On a Service deleted in the foreground, as Kubernetes names it: the same promise. */
export const foregroundFinalizer = 'foregroundDeletion';
/** On an Instance: its container may still exist. Removed by the instance reconciler of its node. */
export const containerFinalizer = 'motey.io/container';
/** On an Instance: its slot is still wanted. Removed by the service reconciler in the write that fills the slot anew, so that the next binding knows its number. */
export const slotFinalizer = 'motey.io/slot';

/** Whether the object waits for this finalizer. */
export const holds = (object: Resource, finalizer: string): boolean => object.metadata.finalizers?.includes(finalizer) ?? false;

/** The object without these finalizers. */
export function withoutFinalizers<R extends Resource>(object: R, ...finalizers: readonly string[]): R {
	return {...object, metadata: {...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter(one => !finalizers.includes(one))}};
}

/** Whether someone asked for its end. */
export const isDeleting = (object: Resource): boolean => object.metadata.deletionTimestamp !== undefined;
