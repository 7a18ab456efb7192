/** Instances that wait for a host port, by who has it, so that the end of one starts the other at once. */
export class PortWaiters {
	readonly #holders = new Map<string, string>();

	/** `key` waits for the Instance with uid `holder`. */
	wait(key: string, holder: string): void {
		this.#holders.set(key, holder);
	}

	forget(key: string): void {
		this.#holders.delete(key);
	}

	/** Keys that wait for this one. */
	of(holder: string): readonly string[] {
		return [...this.#holders].filter(([, uid]) => uid === holder).map(([key]) => key);
	}
}
