import {messageLimitBytes} from './socket.js';
import {readJson, readMessage, readRequestMeta, sizeOf, writeMessage} from './wire.js';

/** Bytes of a streamed answer that may be on their way before the asker has taken the first of them. */
const windowBytes = 2 ** 20;
/** The asker of a streamed answer says every 3 s that it still wants it. */
const leaseMs = 15_000;

/** How a request is answered. */
export interface Answering {
	/** Aborted when the asker of a streamed answer wants no more of it, or is gone. */
	readonly signal: AbortSignal;
	/**
	 * Sends an answer, `['', 'MDPC01', service, action, data, meta, binary?]`; with `more` it is one part of several and the meta frame must be the request's.
	 * Resolves when the next part is welcome, and also when nobody wants it any more, which `signal` tells. Never rejects.
	 */
	send(frames: readonly Buffer[], options?: {readonly more?: boolean}): Promise<void>;
}

/** One request while it is answered. Its answers go to the connection that asked last. */
export class Exchange implements Answering {
	/** Made for who asks for it: few do, and there is one exchange per request. */
	#controller: AbortController | undefined;
	#isCancelled = false;
	readonly #finished: (last: readonly Buffer[] | undefined) => void;
	#deliver: (frames: readonly Buffer[]) => void;
	#parts = 0;
	#openBytes = 0;
	#lease: NodeJS.Timeout | undefined;
	#welcome: (() => void) | undefined;

	/** `finished` is told once: the answer to remember, or undefined after a stream. */
	constructor({deliver, finished}: {deliver: (frames: readonly Buffer[]) => void; finished: (last: readonly Buffer[] | undefined) => void}) {
		this.#deliver = deliver;
		this.#finished = finished;
	}

	get signal(): AbortSignal {
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			if (this.#isCancelled) this.#controller.abort();
		}
		return this.#controller.signal;
	}

	/** Answers go there from now on: the same request came again by another connection. */
	redirect(deliver: (frames: readonly Buffer[]) => void): void {
		this.#deliver = deliver;
	}

	async send(frames: readonly Buffer[], {more = false}: {readonly more?: boolean} = {}): Promise<void> {
		if (this.#isCancelled) return;
		if (sizeOf(frames) > messageLimitBytes) {
			await this.send(tooLong(frames));
			return;
		}
		if (!more && this.#parts === 0) {
			this.#deliver(frames);
			this.#finished(frames);
			return;
		}
		this.#deliver(withPart(frames, this.#parts++, more));
		if (!more) {
			this.#end();
			return;
		}
		this.#lease ??= setTimeout(() => this.cancel(), leaseMs).unref();
		this.#openBytes += sizeOf(frames);
		if (this.#openBytes >= windowBytes) await new Promise<void>(resolve => (this.#welcome = resolve));
	}

	/** The asker has taken so many bytes, and wants more. */
	credit(bytes: number): void {
		this.#lease?.refresh();
		this.#openBytes = Math.max(0, this.#openBytes - bytes);
		if (this.#openBytes < windowBytes) this.#welcome?.();
	}

	/** Nobody waits for the answer any more. */
	cancel(): void {
		if (this.#isCancelled) return;
		this.#isCancelled = true;
		this.#controller?.abort();
		this.#end();
	}

	#end(): void {
		clearTimeout(this.#lease);
		this.#welcome?.();
		this.#finished(undefined);
	}
}

/** An answer that the asker's socket would take for an attack would end its connection, and so again when it asks again. */
function tooLong(frames: readonly Buffer[]): readonly Buffer[] {
	const {service = '', action = ''} = readMessage(frames) ?? {};
	return writeMessage({service, action: action.replace(/(?:\.result)?$/, '.error'), data: {code: 'Internal', message: 'the answer is longer than 1 MiB'}, meta: readJson(frames[5]) ?? {}});
}

function withPart(frames: readonly Buffer[], part: number, more: boolean): readonly Buffer[] {
	return frames.map((frame, index) => (index === 5 ? Buffer.from(JSON.stringify({...readRequestMeta(frame), part, more})) : frame));
}
