import type {Answer} from './pending.js';

/** Taken bytes after which the answerer is told that there is room again. */
const creditEveryBytes = 256 * 1024;
/** The answerer of a stream that hears nothing for 15 s ends it. */
const renewEveryMs = 3000;
/** What an answerer that ignores the window may pile up here. */
const bufferLimitBytes = 8 * 2 ** 20;

/** The parts of a streamed answer, in order and whole, to be taken once. Leaving the loop ends the stream at the other side too. */
export class PeerStream implements AsyncIterable<Answer> {
	readonly #parts: Answer[] = [];
	readonly #credit: (bytes: number) => void;
	readonly #cancel: () => void;
	#buffered = 0;
	#taken = 0;
	#end: {readonly error?: Error} | undefined;
	#arrived: (() => void) | undefined;
	#renewal: NodeJS.Timeout | undefined;

	/** `credit` tells the answerer how much was taken, `cancel` that nothing more is wanted. */
	constructor({credit, cancel}: {credit: (bytes: number) => void; cancel: () => void}) {
		this.#credit = credit;
		this.#cancel = cancel;
	}

	/** Takes the next part in; false when there is no room, which ends the stream. */
	push(answer: Answer): boolean {
		if (this.#end !== undefined) return true;
		if (this.#buffered + answer.bytes > bufferLimitBytes) return false;
		this.#renewal ??= setInterval(() => this.#credit(this.#giveBack()), renewEveryMs).unref();
		this.#parts.push(answer);
		this.#buffered += answer.bytes;
		this.#arrived?.();
		return true;
	}

	/** No part follows; with `error` the answer is not whole, and the loop throws it after the parts it has. */
	end(error?: Error): void {
		clearInterval(this.#renewal);
		this.#end ??= error === undefined ? {} : {error};
		this.#arrived?.();
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<Answer, undefined, undefined> {
		try {
			for (;;) {
				const part = this.#parts.shift();
				if (part !== undefined) {
					this.#buffered -= part.bytes;
					this.#taken += part.bytes;
					if (this.#taken >= creditEveryBytes && this.#end === undefined) this.#credit(this.#giveBack());
					yield part;
				} else if (this.#end !== undefined) {
					if (this.#end.error !== undefined) throw this.#end.error;
					return undefined;
				} else {
					await new Promise<void>(resolve => (this.#arrived = resolve));
				}
			}
		} finally {
			clearInterval(this.#renewal);
			if (this.#end === undefined) this.#cancel();
		}
	}

	#giveBack(): number {
		const bytes = this.#taken;
		this.#taken = 0;
		return bytes;
	}
}
