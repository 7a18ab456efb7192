import type {Log} from '../../../reconcilers/ports/log.js';
import type {Group} from '../../../store/resources/group.js';
import type {Store} from '../../../store/store.js';

/** Several changes of one group within this time are written as one, in milliseconds. */
const everyMs = 50;
/** A status that could not be written is tried again after this time, in milliseconds. */
const againMs = 5000;

/** What a status writer stands on. */
export interface StatusWriterOptions {
	readonly store: Store;
	readonly log: Log;
	/** What there is to say of a group now; undefined when it is no more. */
	readonly statusOf: (group: string) => Group['status'];
}

/** Keeps the Groups of the store as what they look like from here. What has not changed is not written. */
export class StatusWriter implements AsyncDisposable {
	readonly #options: StatusWriterOptions;
	readonly #timers = new Map<string, NodeJS.Timeout>();
	#isClosed = false;

	constructor(options: StatusWriterOptions) {
		this.#options = options;
	}

	/** Looks at a group again, soon. */
	changed(group: string, inMs = everyMs): void {
		if (this.#isClosed || this.#timers.has(group)) return;
		this.#timers.set(group, setTimeout(() => {
			this.#timers.delete(group);
			void this.#write(group);
		}, inMs));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		for (const timer of this.#timers.values()) clearTimeout(timer);
		return Promise.resolve();
	}

	async #write(group: string): Promise<void> {
		const {store, log, statusOf} = this.#options;
		const status = statusOf(group);
		try {
			await store.transact(transaction => {
				const key = {namespace: '', name: group};
				if (status === undefined) {
					transaction.delete('Group', key);
					return;
				}
				const metadata = transaction.get('Group', key)?.metadata ?? {name: group, uid: '', resourceVersion: '', generation: 1, creationTimestamp: '1970-01-01T00:00:00Z'};
				transaction.put({apiVersion: 'motey.io/v1', kind: 'Group', metadata, spec: {}, status});
			});
		} catch (error) {
			if (this.#isClosed) return;
			log.warn('what a group looks like could not be stored', {group, error});
			this.changed(group, againMs);
		}
	}
}
