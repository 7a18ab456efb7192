import type {Observable} from 'rxjs';
import {selectableFields, type Kind, type ObjectKey, type ResourceOf} from '../../store/resources/kinds.js';
import type {Change, Listing, Store} from '../../store/store.js';
import {groupCells, instanceCells, nodeCells, serviceCells} from './cells.js';
import type {Readable} from './readable.js';
import type {ServedResource} from './resources-table.js';

/** Services as the store has them. */
export function readableServices(store: Store, resource: ServedResource): Readable<ResourceOf<'Service'>> {
	return {...stored('Service', store, resource), selectableFields: [], cells: serviceCells};
}

/** Instances as the store has them. */
export function readableInstances(store: Store, resource: ServedResource): Readable<ResourceOf<'Instance'>> {
	return {...stored('Instance', store, resource), selectableFields: ['status.phase', 'spec.nodeName'], cells: instanceCells};
}

/** Nodes as the store has them. */
export function readableNodes(store: Store, resource: ServedResource): Readable<ResourceOf<'Node'>> {
	return {...stored('Node', store, resource), selectableFields: [], cells: nodeCells};
}

/** Groups as this node sees them. */
export function readableGroups(store: Store, resource: ServedResource): Readable<ResourceOf<'Group'>> {
	return {...stored('Group', store, resource), selectableFields: [], cells: groupCells};
}

function stored<K extends Kind>(kind: K, store: Store, resource: ServedResource) {
	return {
		resource,
		get: (key: ObjectKey): ResourceOf<K> | undefined => store.get(kind, key),
		list: (namespace?: string): Listing<ResourceOf<K>> => store.list(kind, namespace === undefined ? {} : {namespace}),
		changes: (since?: string): Observable<Change<ResourceOf<K>>> => store.changes(since === undefined ? {kind} : {kind, since}),
		fields: (object: ResourceOf<K>): Readonly<Record<string, string>> => selectableFields(object),
	};
}
