import {Subject} from 'rxjs';
import type {Observable} from 'rxjs';

/**
 * Which Instances this run of the agent has looked at, by uid. What the store says of the others is the word of an earlier run: the containers
 * may have ended with the machine since, and nobody must be told that they are ready.
 */
export class Looks {
	readonly #seen = new Set<string>();
	readonly #first = new Subject<string>();

	/** The uid of each that is looked at for the first time. */
	get first(): Observable<string> {
		return this.#first.asObservable();
	}

	has(uid: string): boolean {
		return this.#seen.has(uid);
	}

	/** Call it once the store says what was seen. */
	add(uid: string): void {
		if (this.#seen.has(uid)) return;
		this.#seen.add(uid);
		this.#first.next(uid);
	}

	/** The Instance is gone. */
	forget(uid: string): void {
		this.#seen.delete(uid);
	}
}
