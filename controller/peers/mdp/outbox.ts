import {Pause} from '../pause.js';
import {bytesOf} from './frames.js';

/** `sent`: handed to the connection. `full`: it reads too slowly, and this message was dropped. `gone`: there is no such connection any more. */
export type Outcome = 'sent' | 'full' | 'gone';

interface Entry {
	readonly frames: readonly Buffer[];
	readonly bytes: number;
	readonly settle: (outcome: Outcome) => void;
}

interface Queue {
	readonly entries: Entry[];
	bytes: number;
	/** Since when its connection takes nothing. */
	blockedAtMs: number | undefined;
}

/** Bounds of what waits to be sent. */
const outboxLimits = {messages: 1000, bytes: 8_388_608, allBytes: 33_554_432, blockedMs: 5000, firstRetryMs: 1, longestRetryMs: 20, patienceMs: 100, behindMessages: 250, behindBytes: 2_097_152} as const;
/** What is kept free for last words by parts of answers, so that who reads too slowly hears that. */
const reserved = {messages: 100, bytes: 1_048_576} as const;

/**
 * What waits to be sent on one ROUTER, in order for each connection; one that does not read delays no other. Bounded per connection and in
 * all; a connection that takes nothing for 5 s counts as gone. `write` rejects with code EAGAIN when the connection is full and EHOSTUNREACH
 * when there is none.
 */
export class Outbox {
	readonly #queues = new Map<string, Queue>();
	readonly #write: (route: string, frames: readonly Buffer[]) => Promise<void>;
	readonly #signal: AbortSignal;
	readonly #nowMs: () => number;
	readonly #pause = new Pause();
	#bytes = 0;
	#working = false;

	constructor({write, signal, nowMs}: {readonly write: (route: string, frames: readonly Buffer[]) => Promise<void>; readonly signal: AbortSignal; readonly nowMs: () => number}) {
		this.#write = write;
		this.#signal = signal;
		this.#nowMs = nowMs;
	}

	/** Resolves when the connection has taken the message, or never will; of an answer, `more` follows. Never rejects. */
	async send(route: string, frames: readonly Buffer[], {more}: {readonly more: boolean}): Promise<Outcome> {
		if (this.#signal.aborted) return 'gone';
		const queue = this.#queues.get(route) ?? {entries: [], bytes: 0, blockedAtMs: undefined};
		const bytes = bytesOf(frames);
		const [messages, most] = more ? [outboxLimits.messages - reserved.messages, outboxLimits.bytes - reserved.bytes] : [outboxLimits.messages, outboxLimits.bytes];
		if (queue.entries.length >= messages || queue.bytes + bytes > most || this.#bytes + bytes > outboxLimits.allBytes) return 'full';
		this.#queues.set(route, queue);
		queue.bytes += bytes;
		this.#bytes += bytes;
		return new Promise(resolve => {
			queue.entries.push({frames, bytes, settle: resolve});
			// One that takes nothing is tried again later; this one may take it now.
			if (queue.entries.length === 1) this.#pause.hurry();
			void this.#work();
		});
	}

	/** True when so much waits for one connection that it would be well to take less in for a moment. One that takes nothing does not count: nobody waits for it. */
	get isBehind(): boolean {
		for (const {entries, bytes, blockedAtMs = Number.POSITIVE_INFINITY} of this.#queues.values()) {
			const isReading = this.#nowMs() - blockedAtMs < outboxLimits.patienceMs;
			if (isReading && (entries.length > outboxLimits.behindMessages || bytes > outboxLimits.behindBytes)) return true;
		}
		return false;
	}

	/** Sends one message at a time, since a socket takes no two, until nothing waits. */
	async #work(): Promise<void> {
		if (this.#working) return;
		this.#working = true;
		let pauseMs: number = outboxLimits.firstRetryMs;
		while (this.#queues.size > 0) {
			if (this.#signal.aborted) {
				for (const route of this.#queues.keys()) this.#giveUp(route);
				break;
			}
			let progress = false;
			for (const [route, queue] of this.#queues) progress = await this.#drain(route, queue) || progress;
			if (progress) pauseMs = outboxLimits.firstRetryMs;
			else if (this.#queues.size > 0) {
				await this.#pause.rest(pauseMs);
				pauseMs = Math.min(pauseMs * 2, outboxLimits.longestRetryMs);
			}
		}
		this.#working = false;
	}

	/** Sends what one connection takes, at most some messages in its turn; whether it took any. */
	async #drain(route: string, queue: Queue): Promise<boolean> {
		for (let taken = 0; taken < 64; taken++) {
			const [first] = queue.entries;
			if (!first) {
				this.#queues.delete(route);
				return true;
			}
			try {
				await this.#write(route, first.frames);
			} catch (error) {
				this.#failed(route, queue, error);
				return taken > 0;
			}
			queue.blockedAtMs = undefined;
			queue.entries.shift();
			queue.bytes -= first.bytes;
			this.#bytes -= first.bytes;
			first.settle('sent');
		}
		return true;
	}

	#failed(route: string, queue: Queue, error: unknown): void {
		const isFull = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
		queue.blockedAtMs ??= this.#nowMs();
		if (!isFull || this.#nowMs() - queue.blockedAtMs >= outboxLimits.blockedMs) this.#giveUp(route);
	}

	#giveUp(route: string): void {
		const queue = this.#queues.get(route);
		this.#queues.delete(route);
		this.#bytes -= queue?.bytes ?? 0;
		for (const {settle} of queue?.entries ?? []) settle('gone');
	}
}
