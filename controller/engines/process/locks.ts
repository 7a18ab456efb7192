/** One piece of work at a time for each key, in the order of the calls. */
export class Locks {
	readonly #last = new Map<string, Promise<unknown>>();

	/** Whether somebody is at work under `key`. */
	isHeld(key: string): boolean {
		return this.#last.has(key);
	}

	async run<T>(key: string, work: () => Promise<T>): Promise<T> {
		const before = this.#last.get(key) ?? Promise.resolve();
		const mine = before.then(work, work);
		this.#last.set(key, mine);
		const release = (): void => {
			if (this.#last.get(key) === mine) this.#last.delete(key);
		};
		mine.then(release, release);
		return mine;
	}
}
