import type {Observable} from 'rxjs';
import type {ObjectKey} from '../../store/resources/kinds.js';
import type {ObjectMeta} from '../../store/resources/meta.js';
import type {Listing, Revision} from '../../store/store.js';
import type {ServedResource} from './resources-table.js';

/** Anything with Kubernetes' metadata. Frozen: what is derived from an object is remembered by its identity. */
export interface ApiObject {
	readonly apiVersion: string;
	readonly kind: string;
	readonly metadata: ObjectMeta;
}

/** A change as `store.changes` gives it. */
export interface ApiChange<T extends ApiObject = ApiObject> {
	readonly type: 'added' | 'modified' | 'deleted';
	readonly revision: Revision;
	readonly object: T;
	readonly before?: {readonly labels: Readonly<Record<string, string>>; readonly fields: Readonly<Record<string, string>>};
}

/** A kind that can be got, listed and watched. From one of these follow all reading routes with selectors, pages, tables and watches. */
export interface Readable<T extends ApiObject = ApiObject> {
	readonly resource: ServedResource;
	get(key: ObjectKey): T | undefined;
	list(namespace?: string): Listing<T>;
	/** As `Store.changes`: without `since` from the next commit on, without gap to a `list` made in the same turn. */
	changes(since?: Revision): Observable<ApiChange<T>>;
	/** Fields a field selector may name, beside `metadata.name` and `metadata.namespace`. */
	readonly selectableFields: readonly string[];
	/** Their values. */
	fields(object: T): Readonly<Record<string, string>>;
	/** The cells of a table row, in the order of `resource.columns`. Final text: ages are `5m`. */
	cells(object: T, now: Date): readonly (string | number)[];
}
