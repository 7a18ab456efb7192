import type {Log} from '../../reconcilers/ports/log.js';
import {capabilityLimits} from './limits.js';

/** How many names are remembered: whoever invents new ones is logged as one. */
const remembered = 256;

/** Counts dropped messages, and logs them once a minute for each publisher. */
export class Troubles {
	readonly #log: Log;
	readonly #onDropped: () => void;
	readonly #toldAtMs = new Map<string, number>();

	constructor({log, onDropped}: {readonly log: Log; readonly onDropped: () => void}) {
		this.#log = log;
		this.#onDropped = onDropped;
	}

	/** One message was dropped. `atMs` never runs backwards. */
	tell({publisher, reason, atMs}: {readonly publisher: string; readonly reason: string; readonly atMs: number}): void {
		this.#onDropped();
		for (const [name, toldAtMs] of this.#toldAtMs) if (atMs - toldAtMs >= capabilityLimits.logEveryMs) this.#toldAtMs.delete(name);
		const name = this.#toldAtMs.has(publisher) || this.#toldAtMs.size < remembered ? publisher : 'others';
		if (this.#toldAtMs.has(name)) return;
		this.#toldAtMs.set(name, atMs);
		this.#log.warn('a message about capabilities was dropped', {publisher: name, reason});
	}
}
