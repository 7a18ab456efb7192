import type {z} from 'zod';
import type {ResourceOf} from '../../../store/resources/kinds.js';
import type {ObjectMeta, ObjectMetaInput} from '../../../store/resources/meta.js';
import type {Transaction} from '../../../store/store.js';
import type {ApiError} from '../../status.js';
import type {ReadDocument} from '../read-json.js';
import type {ServedResource} from '../resources-table.js';

/** Kinds that users may write through the API. */
export type WritableKind = 'Service' | 'Instance' | 'Node';

/** What a user sent, parsed. */
export interface Incoming<K extends WritableKind> {
	readonly metadata: ObjectMetaInput;
	readonly spec: ResourceOf<K>['spec'];
}

/** What a stored object is made of. */
export interface Parts<K extends WritableKind> {
	readonly metadata: ObjectMeta;
	readonly spec: ResourceOf<K>['spec'];
	readonly live: ResourceOf<K> | undefined;
}

/** What differs between kinds when users write them. */
export interface KindRules<K extends WritableKind> {
	readonly kind: K;
	readonly resource: ServedResource;
	readonly schema: z.ZodType<Incoming<K>>;
	/** Another form in which the kind may be written, as its own; anything else unchanged. */
	translate(document: ReadDocument): ReadDocument;
	/** Why users may not create one; undefined when they may. */
	readonly refuseCreate?: (name: string) => ApiError;
	/** Finalizers every new object gets. */
	readonly finalizers: readonly string[];
	/** The object to store. Status comes from what is there: users never write it. */
	build(parts: Parts<K>): ResourceOf<K>;
	/** What outlives an object that is deleted, in sentences for who deletes it. */
	remains(object: ResourceOf<K>): readonly string[];
	/** Throws what is against storing `next` in place of `live`. Reads see writes whose sync is still under way. */
	check(next: ResourceOf<K>, live: ResourceOf<K> | undefined, transaction: Transaction): void;
}
