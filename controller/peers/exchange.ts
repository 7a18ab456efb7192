import {packFrames, unpackFrames} from './envelope.js';
import {messageLimitBytes} from './socket.js';
import {partBytes, readMessage, readRequestMeta, sizeOf, writeMessage} from './wire.js';

/** Bytes of a streamed answer that may be on their way before the asker has taken the first of them. */
const windowBytes = 2 ** 20;
/** The asker of a streamed answer says every 3 s that it still wants it. */
const leaseMs = 15_000;
/** A streamed answer up to here can be given again, like all others; of a longer one it is told that it was given. */
const keptLimitBytes = 16 * 1024;

/** What was answered, in its parts, each packed; most answers have one. Copies: frames often share the memory of something greater, such as the request's. */
export type KeptAnswer = readonly (string | Buffer)[];

/** Hands a packed answer to its connection; `left` is told once it waits no more in this node, sent or not. */
type Deliver = (packed: string | Buffer, left?: () => void) => void;

/** How a request is answered. */
export interface Answering {
	/** Aborted when the asker of a streamed answer wants no more of it, or is gone, and when a part of it was too long to be sent. */
	readonly signal: AbortSignal;
	/**
	 * Sends an answer, `['', 'MDPC01', service, action, data, meta, binary?]`; with `more` it is one part of several and the meta frame must be the request's.
	 * Resolves when the next part is welcome, and also when nobody wants it any more, which `signal` tells. Never rejects.
	 */
	send(frames: readonly Buffer[], options?: {readonly more?: boolean}): Promise<void>;
}

/** One request while it is answered. Its answers go to the connection that asked last. */
export class Exchange implements Answering {
	/** Made for who asks for it. */
	#controller: AbortController | undefined;
	#isAborted = false;
	readonly #finished: (answer: KeptAnswer) => void;
	#deliver: Deliver;
	#isOver = false;
	#parts = 0;
	/** Everything that was sent; once that is too much, only that it was. */
	#kept: (string | Buffer)[] = [];
	#keptBytes = 0;
	#openBytes = 0;
	#lease: NodeJS.Timeout | undefined;
	#welcome: (() => void) | undefined;

	/** `finished` is told once: what to answer when the request comes again; nothing when it was not answered, because nobody waited any more. */
	constructor({deliver, finished}: {deliver: Deliver; finished: (answer: KeptAnswer) => void}) {
		this.#deliver = deliver;
		this.#finished = finished;
	}

	get signal(): AbortSignal {
		if (this.#controller === undefined) {
			this.#controller = new AbortController();
			if (this.#isAborted) this.#controller.abort();
		}
		return this.#controller.signal;
	}

	/** Answers go there from now on, those that were given first: the same request came again by another connection. */
	redirect(deliver: Deliver): void {
		this.#deliver = deliver;
		for (const packed of this.#kept) deliver(packed);
		// What is to come makes no sense without what is lost.
		if (this.#keptBytes > keptLimitBytes) this.cancel();
	}

	async send(frames: readonly Buffer[], {more = false}: {readonly more?: boolean} = {}): Promise<void> {
		if (this.#isOver) return;
		if (sizeOf(frames) > messageLimitBytes) {
			// A longer one the asker's socket would take for an attack and end its connection, and so again when it asks again.
			this.#tell(failureLike(frames, {code: 'Internal', message: 'the answer is longer than 1 MiB'}), false);
			this.#abort();
			return;
		}
		if (!more) {
			this.#tell(frames, false);
			this.#end();
			return;
		}
		// Of each stream one part at a time waits for its connection, so that small parts do not fill the queue of all.
		const left = new Promise<void>(resolve => this.#tell(frames, true, resolve));
		this.#lease ??= setTimeout(() => this.cancel(), leaseMs).unref();
		this.#openBytes += partBytes(frames[4], frames[6]);
		await left;
		if (this.#isAhead) await new Promise<void>(resolve => (this.#welcome = resolve));
	}

	/** The asker has taken so many bytes, and wants more. */
	credit(bytes: number): void {
		this.#lease?.refresh();
		this.#openBytes = Math.max(0, this.#openBytes - bytes);
		if (this.#openBytes < windowBytes) this.#welcome?.();
	}

	/** Nobody waits for the answer any more. */
	cancel(): void {
		if (this.#isOver) return;
		const [first] = this.#kept;
		if (first !== undefined) this.#kept = [lostAnswer(unpackFrames(Buffer.from(first)) ?? [])];
		this.#abort();
	}

	/** So much waits for its reader that the next part has to. */
	get #isAhead(): boolean {
		return this.#openBytes >= windowBytes && !this.#isOver;
	}

	#tell(frames: readonly Buffer[], more: boolean, left?: () => void): void {
		const isStreamed = more || this.#parts > 0;
		const sent = isStreamed ? withPart(frames, this.#parts++, more) : frames;
		const packed = packFrames(sent);
		this.#deliver(packed, left);
		if (this.#keptBytes > keptLimitBytes) return;
		if (isStreamed) this.#keptBytes += sizeOf(sent);
		if (this.#keptBytes > keptLimitBytes) this.#kept = [lostAnswer(sent)];
		else this.#kept.push(packed);
	}

	#abort(): void {
		this.#isAborted = true;
		this.#end();
		this.#controller?.abort();
	}

	#end(): void {
		this.#isOver = true;
		clearTimeout(this.#lease);
		this.#welcome?.();
		this.#finished(this.#kept);
		this.#kept = [];
	}
}

/** The effect has happened once, and is not to happen again because its answer was lost. */
function lostAnswer(frames: readonly Buffer[]): string | Buffer {
	return packFrames(failureLike(frames, {code: 'Unavailable', message: 'it was answered, and the answer is lost'}));
}

/** A failure instead of an answer or a part of one. */
function failureLike(frames: readonly Buffer[], failure: {readonly code: string; readonly message: string}): readonly Buffer[] {
	const {service = '', action = ''} = readMessage(frames) ?? {};
	const {part: _, more: __, ...meta} = readRequestMeta(frames[5]) ?? {id: '', deadlineMs: 0};
	return writeMessage({service, action: action.replace(/(?:\.result|\.error)?$/u, '.error'), data: failure, meta});
}

function withPart(frames: readonly Buffer[], part: number, more: boolean): readonly Buffer[] {
	return frames.map((frame, index) => (index === 5 ? Buffer.from(JSON.stringify({...readRequestMeta(frame), part, more})) : frame));
}
