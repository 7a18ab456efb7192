import type {Publisher} from 'zeromq';
import {z} from 'zod';

const everyMs = 1000;
/** While something else is published now and then, a heartbeat waits so long for it, to go with it in one packet. */
const withCompanyMs = 1300;
/** What is published takes a heartbeat along once the last is this old. */
const ridesAfterMs = 700;
/** Many changes in a row are told at most so often. */
const shortestGapMs = 20;

/** How every heartbeat begins. */
export const heartbeatTopic = 'heartbeat ';

/** What each node publishes every second, and at once when it has written something of its own. */
export const Heartbeat = z.looseObject({session: z.string().min(1).max(64), revision: z.string().max(64)}).readonly();
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Publishes heartbeats while there is a socket to publish on: with what is published anyway, and alone when nothing is. */
export class Heartbeats {
	readonly #session: string;
	#revision: string;
	#socket: Publisher | undefined;
	#onFault: ((error: unknown) => void) | undefined;
	#timer: NodeJS.Timeout | undefined;
	#lastMs = Number.NEGATIVE_INFINITY;
	/** Something else was published since the last heartbeat. */
	#hasCompany = false;

	/** `revision`: of the last own object written. */
	constructor({session, revision}: {session: string; revision: string}) {
		this.#session = session;
		this.#revision = revision;
	}

	/** Publishes there from now on, and tells when that fails; undefined ends it. */
	publishOn(socket: Publisher | undefined, onFault?: (error: unknown) => void): void {
		this.#socket = socket;
		this.#onFault = onFault;
		clearTimeout(this.#timer);
		if (socket !== undefined) this.#beat();
	}

	/** Tells the others that there is something new. */
	announce(revision: string): void {
		if (revision === this.#revision) return;
		this.#revision = revision;
		if (this.#socket === undefined) return;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#beat(), Math.max(0, this.#lastMs + shortestGapMs - performance.now()));
	}

	/** Publishes something else beside them, to whoever listens now. A heartbeat that is due goes before it, in the same message. */
	publish(frames: readonly (string | Buffer)[]): void {
		const rides = performance.now() - this.#lastMs >= ridesAfterMs;
		this.#hasCompany = true;
		if (rides && this.#socket !== undefined) this.#beat(frames);
		else this.#send(this.#socket, [...frames]);
	}

	#beat(company: readonly (string | Buffer)[] = []): void {
		const waitMs = this.#hasCompany ? withCompanyMs : everyMs;
		this.#hasCompany = false;
		this.#lastMs = performance.now();
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#beat(), waitMs);
		const heartbeat: Heartbeat = {session: this.#session, revision: this.#revision};
		// A PUB drops what a reader has no room for: the next second tells it again.
		this.#send(this.#socket, [`${heartbeatTopic}${JSON.stringify(heartbeat)}`, ...company]);
	}

	#send(socket: Publisher | undefined, frames: (string | Buffer)[]): void {
		socket?.send(frames).catch((error: unknown) => {
			if (!socket.closed && socket === this.#socket) this.#onFault?.(error);
		});
	}
}
