import {packFrames} from './envelope.js';

/** Makes a message at the moment it can be sent; undefined when nobody wants it any more. */
export type MakeMessage = () => readonly Buffer[] | undefined;

/** Sends one message after another on a socket that allows no two at once. Its caller bounds what is in it. */
export class SendQueue {
	readonly #socket: {send(message: Buffer): Promise<void>; readonly closed: boolean};
	readonly #waiting = new Set<MakeMessage>();
	#sending = false;

	constructor(socket: {send(message: Buffer): Promise<void>; readonly closed: boolean}) {
		this.#socket = socket;
	}

	/** Sends in the order of the calls, at once when nothing waits. */
	push(make: MakeMessage): void {
		this.#waiting.add(make);
		if (!this.#sending) void this.#drain();
	}

	/** Takes out what has not been sent yet. */
	withdraw(make: MakeMessage): void {
		this.#waiting.delete(make);
	}

	/** Takes out everything that has not been sent yet. */
	clear(): void {
		this.#waiting.clear();
	}

	async #drain(): Promise<void> {
		this.#sending = true;
		try {
			for (const make of this.#waiting) {
				this.#waiting.delete(make);
				const frames = make();
				if (frames !== undefined) await this.#sendWhole(frames);
			}
		} finally {
			this.#sending = false;
		}
	}

	/** A send that times out is tried again: whether it is still wanted is decided by deadlines, and its end by the socket's. */
	async #sendWhole(frames: readonly Buffer[]): Promise<void> {
		const packed = packFrames(frames);
		while (!this.#socket.closed) {
			try {
				await this.#socket.send(packed);
				return;
			} catch {
				await new Promise(resolve => setTimeout(resolve, 20).unref());
			}
		}
	}
}
