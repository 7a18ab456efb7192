import type {EventChange} from '../event-log-memory.js';
import type {Event} from '../resources/event.js';
import type {Operation} from './database.js';
import {eventKey} from './keys.js';
import {seal} from './seal.js';

/** Events are saved at most this often. */
const saveMs = 30_000;

/** Remembers which events changed since they were last saved, and asks to be saved some time after the first change. */
export class SavedEvents {
	readonly #unsaved = new Map<string, Event | undefined>();
	readonly #save: () => void;
	#timer: NodeJS.Timeout | undefined;

	/** `save` is called when it is time; it should then write what `take` gives. */
	constructor(save: () => void) {
		this.#save = save;
	}

	/** Notes a change. */
	note({type, object}: EventChange): void {
		this.#unsaved.set(object.metadata.name, type === 'deleted' ? undefined : object);
		this.#timer ??= setTimeout(() => this.saveNow(), saveMs).unref();
	}

	/** Asks to be saved at once, if there is anything. */
	saveNow(): void {
		clearTimeout(this.#timer);
		this.#timer = undefined;
		if (this.#unsaved.size > 0) this.#save();
	}

	/** What saves everything noted so far; it then counts as saved. */
	take(): readonly Operation[] {
		const operations = [...this.#unsaved].map(([name, event]): Operation => {
			const key = eventKey(name);
			return event ? {type: 'put', key, value: seal(key, JSON.stringify(event))} : {type: 'del', key};
		});
		this.#unsaved.clear();
		return operations;
	}
}
