import {createHash} from 'node:crypto';
import {defer, EMPTY, mergeMap, of, type Observable} from 'rxjs';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service} from '../../../store/resources/service.js';
import type {Change, Revision, Store} from '../../../store/store.js';
import {ageText} from '../age.js';
import type {ApiChange, ApiObject, Readable} from '../readable.js';
import {servedResource} from './served.js';

/** A namespace in the shape of core/v1. */
export interface CoreNamespace extends ApiObject {
	readonly spec: {readonly finalizers: readonly string[]};
	readonly status: {readonly phase: 'Active'};
}

/** Exists though nothing is in it. */
const defaultNamespace = 'default';

/** Namespaces, read-only: they exist as soon as a Service or an Instance is in them, and as long as one is. Nothing about them is stored. */
export function coreNamespaces(store: Store): Readable<CoreNamespace> {
	const contents = (namespace?: string): readonly (Service | Instance)[] => {
		const options = namespace === undefined ? {} : {namespace};
		return [...store.list('Service', options).items, ...store.list('Instance', options).items];
	};
	const list = (): readonly CoreNamespace[] => {
		const since = new Map([[defaultNamespace, oldest(store.list('Node').items)]]);
		for (const {metadata} of contents()) {
			const name = metadata.namespace ?? defaultNamespace;
			const before = since.get(name);
			if (before === undefined || metadata.creationTimestamp < before) since.set(name, metadata.creationTimestamp);
		}
		const revision = store.revision();
		return [...since].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, createdAt]) => namespaceObject(name, createdAt, revision));
	};
	return {
		resource: servedResource('', 'namespaces'),
		get: ({name}) => list().find(({metadata}) => metadata.name === name),
		list: () => ({revision: store.revision(), items: list()}),
		changes: since => namespaceChanges({store, contents, since}),
		selectableFields: ['status.phase'],
		fields: () => ({'status.phase': 'Active'}),
		cells: ({metadata}, now) => [metadata.name, 'Active', ageText(new Date(metadata.creationTimestamp), now)],
	};
}

interface ChangeSource {
	readonly store: Store;
	readonly contents: (namespace?: string) => readonly (Service | Instance)[];
	readonly since: Revision | undefined;
}

/** A namespace comes with the first object in it and goes with the last. Across a replay one that was known may be told again, none is left out. */
function namespaceChanges({store, contents, since}: ChangeSource): Observable<ApiChange<CoreNamespace>> {
	return defer(() => {
		const known = new Set(since === undefined ? contents().map(({metadata}) => metadata.namespace ?? '') : []).add(defaultNamespace);
		const follow = ({type, object, revision}: Change): Observable<ApiChange<CoreNamespace>> => {
			const {namespace, creationTimestamp, uid} = object.metadata;
			if (namespace === undefined || namespace === defaultNamespace || type === 'modified') return EMPTY;
			if (type === 'added') {
				if (known.has(namespace)) return EMPTY;
				known.add(namespace);
				const wasThere = contents(namespace).some(({metadata}) => metadata.uid !== uid && metadata.creationTimestamp < creationTimestamp);
				return wasThere ? EMPTY : of({type, revision, object: namespaceObject(namespace, creationTimestamp, revision)});
			}
			if (contents(namespace).length > 0) return EMPTY;
			known.delete(namespace);
			return of({type, revision, object: namespaceObject(namespace, creationTimestamp, revision)});
		};
		return store.changes(since === undefined ? {} : {since}).pipe(mergeMap(follow));
	});
}

function namespaceObject(name: string, creationTimestamp: string, resourceVersion: Revision): CoreNamespace {
	return Object.freeze({
		apiVersion: 'v1',
		kind: 'Namespace',
		metadata: {name, uid: uidOf(name), resourceVersion, generation: 1, creationTimestamp, labels: {'kubernetes.io/metadata.name': name}},
		spec: {finalizers: []},
		status: {phase: 'Active' as const},
	});
}

/** The same for the same name, everywhere: a UUID of version 8 (RFC 9562, section 5.8) from its hash. */
function uidOf(name: string): string {
	const hex = createHash('sha256').update(`namespace/${name}`).digest('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function oldest(objects: readonly {readonly metadata: {readonly creationTimestamp: string}}[]): string {
	return objects.map(({metadata}) => metadata.creationTimestamp).sort()[0] ?? '1970-01-01T00:00:00Z';
}
