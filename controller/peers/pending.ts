import {randomUUID} from 'node:crypto';
import type {Clock} from '../../reconcilers/ports/clock.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import type {PeerStream} from './peer-stream.js';
import {messageLimitBytes} from './socket.js';
import type {MakeMessage} from './send-queue.js';
import {framesOf, sizeOf} from './wire.js';

const countLimit = 1000;
const limitBytes = 8 * 2 ** 20;

/** What to ask a peer for. */
export interface PeerRequest {
	/** Without the node's name before it, such as `val`. */
	readonly service: string;
	readonly action: string;
	/** Becomes JSON. */
	readonly data: unknown;
	/** Time for everything, repetitions included; 5 000 unless said. For a stream: until its first part. */
	readonly deadlineMs?: number;
	/** Bytes beside the JSON; both together up to 1 MiB. */
	readonly binary?: Uint8Array;
	/** Asking twice does no harm, so that the peer does not remember its answer. */
	readonly isRepeatable?: boolean;
	/** Asked for a program of this host, which is no member. */
	readonly forProgram?: boolean;
	readonly signal?: AbortSignal;
}

/** One answer, or one part of a streamed one. */
export interface Answer {
	/** From JSON; unproven, so to be parsed. */
	readonly data: unknown;
	readonly binary?: Buffer;
	/** What it takes of a stream's window. */
	readonly bytes: number;
	/** Built-in services answer `<action>.result`; programs as they like. */
	readonly action: string;
	/** False on every part of a streamed answer but the last. */
	readonly last: boolean;
}

/** A request that has no whole answer yet. */
export interface Pending {
	readonly id: string;
	/** The message with the time left now; undefined once nobody waits for it. */
	readonly make: MakeMessage;
	readonly settle: {readonly answer: (answer: Answer) => void; readonly fail: (error: Error) => void};
	readonly stream: PeerStream | undefined;
	/** Parts received so far. */
	parts: number;
	/** On the monotonic clock. */
	readonly untilMs: number;
	/** Its deadline has passed. */
	readonly expire: () => void;
}

/** The unanswered requests to one peer, oldest first: at most 1 000 and 8 MiB, then the newest fail at once. */
export class PendingRequests {
	readonly #requests = new Map<string, Pending>();
	readonly #peerName: string;
	readonly #clock: Clock;
	#bytes = 0;
	#timer: NodeJS.Timeout | undefined;
	#wakeAtMs = Number.POSITIVE_INFINITY;

	constructor({peerName, clock}: {peerName: string; clock: Clock}) {
		this.#peerName = peerName;
		this.#clock = clock;
	}

	get size(): number {
		return this.#requests.size;
	}

	/** In the order in which they were made. */
	all(): readonly Pending[] {
		return [...this.#requests.values()];
	}

	get(id: string): Pending | undefined {
		return this.#requests.get(id);
	}

	/**
	 * Takes a request in, or throws a PeerError when there is no room. It leaves when it is settled, by its deadline or its signal at the latest;
	 * `left` is told then. A stream that has begun is bound by neither.
	 */
	add({service, action, data, deadlineMs = 5000, binary, isRepeatable = false, forProgram = false, signal}: PeerRequest, {stream, settle, left}: {stream?: PeerStream; settle: Pending['settle']; left: (pending: Pending) => void}): Pending {
		const id = randomUUID();
		const untilMs = this.#clock.monotonicMs() + deadlineMs;
		const content = framesOf({service, action, data, meta: undefined, binary});
		const bytes = sizeOf(content);
		signal?.throwIfAborted();
		if (bytes > messageLimitBytes) throw new PeerError('Failed', `${action} to ${this.#peerName} is longer than 1 MiB`);
		if (this.#requests.size >= countLimit || this.#bytes + bytes > limitBytes) throw new PeerError('Unreachable', `too many requests to ${this.#peerName} wait for an answer`);
		let attempt = 0;

		const leave = (): boolean => {
			if (!this.#requests.delete(id)) return false;
			this.#bytes -= bytes;
			signal?.removeEventListener('abort', aborted);
			left(pending);
			return true;
		};
		const fail = (error: Error): void => {
			if (leave()) settle.fail(error);
		};
		const aborted = (): void => fail(signal?.reason instanceof Error ? signal.reason : new PeerError('Unreachable', 'the request was cancelled'));
		const pending: Pending = {
			id, stream, parts: 0, untilMs,
			expire: () => {
				if (stream === undefined || pending.parts === 0) fail(new PeerError('Unreachable', `${this.#peerName} did not answer ${action} within ${Math.round(deadlineMs / 100) / 10} s`));
			},
			make: () => {
				if (!this.#requests.has(id)) return undefined;
				const meta = {id, deadlineMs: Math.max(0, Math.round(untilMs - this.#clock.monotonicMs())), attempt: attempt++, sentAtMs: this.#clock.now().getTime(), ...(isRepeatable ? {isRepeatable} : {}), ...(forProgram ? {program: true} : {})};
				return content.map((frame, index) => (index === 5 ? JSON.stringify(meta) : frame));
			},
			settle: {
				answer(answer) {
					if (leave()) settle.answer(answer);
				},
				fail,
			},
		};
		signal?.addEventListener('abort', aborted, {once: true});
		this.#requests.set(id, pending);
		this.#bytes += bytes;
		this.#wakeAt(untilMs);
		return pending;
	}

	/** One timer for all deadlines, left running when what it was set for is answered: most are, long before. */
	#wakeAt(ms: number): void {
		if (ms >= this.#wakeAtMs) return;
		clearTimeout(this.#timer);
		this.#wakeAtMs = ms;
		this.#timer = setTimeout(() => this.#expire(), Math.max(1, ms - this.#clock.monotonicMs())).unref();
	}

	#expire(): void {
		this.#wakeAtMs = Number.POSITIVE_INFINITY;
		const now = this.#clock.monotonicMs();
		for (const {untilMs, parts, expire} of this.all()) {
			if (untilMs <= now) expire();
			else if (parts === 0) this.#wakeAt(untilMs);
		}
	}
}
