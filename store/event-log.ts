import type {Observable} from 'rxjs';
import type {Event, ObjectReference} from './resources/event.js';
import type {Listing, Revision} from './store.js';

/** What a reconciler tells: one sentence about one object. */
export interface EventInput {
	readonly about: ObjectReference;
	readonly type: 'Normal' | 'Warning';
	/** CamelCase, part of the API. */
	readonly reason: string;
	readonly message: string;
	readonly component: string;
}

/**
 * The story of the objects, in words. Repeated events (same object, type, reason, message) are counted, not repeated. At most 1 000 are kept,
 * none older than 24 h. They are held in memory and saved now and then: recording costs no sync and never fails its caller.
 * Revisions are the log's own, of a new epoch at every start; another epoch's is `Expired`.
 */
export interface EventLog {
	record(event: EventInput): void;
	list(options?: {readonly namespace?: string}): Listing<Event>;
	/** As `Store.changes`; `added` and `modified` (counted once more), and `deleted` when an old one is dropped. */
	changes(options: {readonly since?: Revision}): Observable<{readonly type: 'added' | 'modified' | 'deleted'; readonly revision: Revision; readonly object: Event}>;
}
