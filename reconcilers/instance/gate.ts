/** Lets at most so many pieces of work run at once; the others wait in order. */
export class Gate {
	readonly #limit: number;
	readonly #waiting: (() => void)[] = [];
	#running = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	/** Runs `work` when there is room. Rejects with the signal's reason when it ends while waiting. */
	async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
		await this.#enter(signal);
		try {
			return await work();
		} finally {
			this.#leave();
		}
	}

	async #enter(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#running >= this.#limit) await this.#turn(signal);
		else this.#running += 1;
	}

	/** Hands its place to the next in line, so that nobody slips in between. */
	#leave(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#running -= 1;
	}

	async #turn(signal: AbortSignal): Promise<void> {
		const {promise, resolve, reject} = deferred();
		const abort = (): void => {
			const place = this.#waiting.indexOf(resolve);
			if (place < 0) return;
			this.#waiting.splice(place, 1);
			reject(signal.reason);
		};
		signal.addEventListener('abort', abort, {once: true});
		this.#waiting.push(resolve);
		try {
			await promise;
		} finally {
			signal.removeEventListener('abort', abort);
		}
	}
}

function deferred(): {promise: Promise<void>; resolve: () => void; reject: (reason: unknown) => void} {
	let resolve = (): void => undefined;
	let reject: (reason: unknown) => void = () => undefined;
	const promise = new Promise<void>((accept, refuse) => {
		resolve = accept;
		reject = refuse;
	});
	return {promise, resolve, reject};
}
