/** Records of deletions seen by this process: enough for a create whose answer was lost and that came true after its Instance was gone. */
export class Deletions {
	readonly #uids = new Set<string>();
	readonly #limit: number;

	constructor(limit: number) {
		this.#limit = limit;
	}

	add(uid: string): void {
		this.#uids.add(uid);
		const oldest = this.#uids.values().next();
		if (this.#uids.size > this.#limit && !oldest.done) this.#uids.delete(oldest.value);
	}

	has(uid: string): boolean {
		return this.#uids.has(uid);
	}
}
