/** A wait between two attempts that can be cut short, one at a time. */
export class Pause {
	#hurry: (() => void) | undefined;

	/** Resolves after `ms`, or once somebody hurries. */
	async rest(ms: number): Promise<void> {
		await new Promise<void>(resolve => {
			const timer = setTimeout(resolve, ms);
			this.#hurry = () => {
				clearTimeout(timer);
				resolve();
			};
		});
		this.#hurry = undefined;
	}

	/** Ends the present wait; without one nothing happens. */
	hurry(): void {
		this.#hurry?.();
	}
}
