import {packFrames, type Frame} from './envelope.js';

const retryMs = 20;

/** Makes a message at the moment it can be sent; undefined when nobody wants it any more. */
export type MakeMessage = () => readonly Frame[] | undefined;

/** Sends one message after another on a socket that allows no two at once. Its caller bounds what is in it. */
export class SendQueue {
	readonly #socket: {send(message: string | Buffer): Promise<void>; readonly closed: boolean};
	readonly #waiting = new Set<MakeMessage>();
	#isSending = false;

	constructor(socket: {send(message: string | Buffer): Promise<void>; readonly closed: boolean}) {
		this.#socket = socket;
	}

	/** Sends in the order of the calls, at once when nothing waits. */
	push(make: MakeMessage): void {
		this.#waiting.add(make);
		if (!this.#isSending) void this.#drain();
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
		this.#isSending = true;
		try {
			for (const make of this.#waiting) {
				this.#waiting.delete(make);
				const frames = make();
				if (frames === undefined) continue;
				const packed = packFrames(frames);
				while (!this.#socket.closed && !await this.#isSent(packed)) await new Promise(resolve => setTimeout(resolve, retryMs).unref());
			}
		} finally {
			this.#isSending = false;
		}
	}

	/** A send that times out is tried again: whether it is still wanted is decided by deadlines, and its end by the socket's. */
	async #isSent(packed: string | Buffer): Promise<boolean> {
		return this.#socket.send(packed).then(() => true, () => false);
	}
}
