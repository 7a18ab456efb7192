import {createHash, randomBytes} from 'node:crypto';
import {Observable, type Subscriber} from 'rxjs';
import {StoreError} from './errors.js';
import type {EventInput, EventLog} from './event-log.js';
import {deepFreeze} from './level/deep-freeze.js';
import {formatRevision, parseRevision} from './level/revision.js';
import type {Event} from './resources/event.js';
import type {Listing, Revision} from './store.js';

/** One thing that happened to the event log. */
export interface EventChange {
	readonly type: 'added' | 'modified' | 'deleted';
	readonly revision: Revision;
	readonly object: Event;
}

/** What an event log needs of its surroundings. */
export interface EventLogOptions {
	readonly now: () => Date;
	readonly randomUuid: () => string;
	/** The node's name, as the source of its events. */
	readonly host: string;
	/** Events of an earlier run, oldest first. */
	readonly saved?: readonly Event[];
	/** Told of every change, so that it can be saved. */
	readonly changed?: (change: EventChange) => void;
	/** Events kept at most (1 000). */
	readonly capacity?: number;
	/** Age at which an event is dropped (24 h). */
	readonly maxAgeMs?: number;
}

/** An event log that holds everything in memory. */
export function createEventLog(options: EventLogOptions): EventLog {
	return new MemoryEventLog(options);
}

/** Changes that a late watcher may still ask for. */
const historyLength = 2_000;

class MemoryEventLog implements EventLog {
	readonly #options: Required<EventLogOptions>;
	readonly #epoch = randomBytes(3).readUIntBE(0, 3) >> 4;
	#counter = 0;
	/** By identity, least recently seen first. */
	readonly #events = new Map<string, Event>();
	readonly #history: EventChange[] = [];
	readonly #watchers = new Set<Subscriber<EventChange>>();

	constructor(options: EventLogOptions) {
		this.#options = {saved: [], changed: () => undefined, capacity: 1_000, maxAgeMs: 24 * 3_600_000, ...options};
		for (const event of this.#options.saved) this.#events.set(identityOf(event), this.#stamp(event));
		this.#dropOld();
	}

	record(input: EventInput): void {
		this.#dropOld();
		const lastTimestamp = this.#options.now().toISOString().replace(/\.\d+Z$/, 'Z');
		const before = this.#events.get(identityOf({involvedObject: input.about, type: input.type, reason: input.reason, message: input.message}));
		this.#keep(before ? 'modified' : 'added', before ? {...before, count: before.count + 1, lastTimestamp} : this.#create(input, lastTimestamp));
		this.#dropOld();
	}

	list({namespace}: {readonly namespace?: string} = {}): Listing<Event> {
		this.#dropOld();
		const all = [...this.#events.values()];
		return {revision: this.#revision(), items: namespace === undefined ? all : all.filter(event => event.metadata.namespace === namespace)};
	}

	changes({since}: {readonly since?: Revision}): Observable<EventChange> {
		return new Observable(subscriber => {
			if (since !== undefined) {
				const missed = this.#after(since);
				if (!missed) {
					subscriber.error(new StoreError('Expired', 'The history of events does not reach back to this resourceVersion.', {fix: 'List again and watch from the revision of the list.'}));
					return;
				}
				for (const change of missed) subscriber.next(change);
			}
			this.#watchers.add(subscriber);
			return () => this.#watchers.delete(subscriber);
		});
	}

	#create({about, type, reason, message, component}: EventInput, timestamp: string): Event {
		const uid = this.#options.randomUuid();
		const suffix = createHash('sha256').update(uid).digest('hex').slice(0, 16);
		return {
			apiVersion: 'v1',
			kind: 'Event',
			metadata: {name: `${about.name.slice(0, 46)}.${suffix}`, namespace: about.namespace ?? 'default', uid, resourceVersion: '', generation: 1, creationTimestamp: timestamp},
			involvedObject: about, type, reason, message, count: 1, firstTimestamp: timestamp, lastTimestamp: timestamp,
			source: {component, host: this.#options.host},
		};
	}

	/** The most recent moves to the end, so that the oldest is always first. */
	#keep(type: 'added' | 'modified', event: Event): void {
		const object = this.#stamp(event);
		const identity = identityOf(object);
		this.#events.delete(identity);
		this.#events.set(identity, object);
		this.#emit({type, revision: object.metadata.resourceVersion, object});
	}

	#dropOld(): void {
		const oldest = this.#options.now().getTime() - this.#options.maxAgeMs;
		for (const [identity, event] of this.#events) {
			if (this.#events.size <= this.#options.capacity && Date.parse(event.lastTimestamp) >= oldest) return;
			this.#events.delete(identity);
			const object = this.#stamp(event);
			this.#emit({type: 'deleted', revision: object.metadata.resourceVersion, object});
		}
	}

	#stamp(event: Event): Event {
		this.#counter += 1;
		return deepFreeze({...event, metadata: {...event.metadata, resourceVersion: this.#revision()}});
	}

	#emit(change: EventChange): void {
		this.#history.push(change);
		if (this.#history.length > historyLength) this.#history.shift();
		this.#options.changed(change);
		for (const watcher of [...this.#watchers]) watcher.next(change);
	}

	#revision(): Revision {
		return formatRevision({epoch: this.#epoch, counter: this.#counter});
	}

	#after(since: Revision): readonly EventChange[] | undefined {
		const position = parseRevision(since);
		const behind = position?.epoch === this.#epoch ? this.#counter - position.counter : -1;
		if (behind < 0 || behind > this.#history.length) return undefined;
		return behind === 0 ? [] : this.#history.slice(-behind);
	}
}

function identityOf({involvedObject, type, reason, message}: Pick<Event, 'involvedObject' | 'type' | 'reason' | 'message'>): string {
	return JSON.stringify([involvedObject.kind, involvedObject.namespace, involvedObject.name, involvedObject.uid, type, reason, message]);
}
