import {setTimeout as delay} from 'node:timers/promises';
import type {Router} from 'zeromq';
import {z} from 'zod';
import {packFrames} from './envelope.js';
import {sizeOf} from './wire.js';

const routeLimit = 1000;
const routeLimitBytes = 8 * 2 ** 20;
const allRoutesLimitBytes = 32 * 2 ** 20;
/** Whoever has read nothing for so long is not waited for. */
const stuckMs = 10_000;

const SendError = z.object({code: z.string()});

interface Route {
	readonly id: Buffer;
	readonly queue: (readonly Buffer[])[];
	bytes: number;
}

/**
 * Sends on a ROUTER without one reader's slowness holding up the others: each connection has a queue of its own, of 1 000 messages and 8 MiB.
 * What does not fit, and what is for a connection that is gone or reads nothing for 10 s, is dropped: whoever still wants it asks again.
 */
export class RouteSender {
	readonly #socket: Router;
	readonly #routes = new Map<string, Route>();
	#bytes = 0;

	constructor(socket: Router) {
		this.#socket = socket;
	}

	/** Sends in the order of the calls for one `route`; false when it was dropped at once. */
	send(route: Buffer, frames: readonly Buffer[]): boolean {
		const key = route.toString('latin1');
		const bytes = sizeOf(frames);
		const present = this.#routes.get(key);
		if (this.#bytes + bytes > allRoutesLimitBytes) return false;
		if (present === undefined) {
			const opened: Route = {id: route, queue: [frames], bytes};
			this.#bytes += bytes;
			this.#routes.set(key, opened);
			void this.#drain(key, opened);
			return true;
		}
		if (present.queue.length >= routeLimit || present.bytes + bytes > routeLimitBytes) return false;
		present.queue.push(frames);
		present.bytes += bytes;
		this.#bytes += bytes;
		return true;
	}

	async #drain(key: string, route: Route): Promise<void> {
		let pauseMs = 1;
		let stuckForMs = 0;
		while (route.queue.length > 0 && !this.#socket.closed) {
			const [frames = []] = route.queue;
			try {
				await this.#socket.send([route.id, packFrames(frames)]);
				route.queue.shift();
				route.bytes -= sizeOf(frames);
				this.#bytes -= sizeOf(frames);
				pauseMs = 1;
				stuckForMs = 0;
			} catch (error) {
				if (SendError.safeParse(error).data?.code !== 'EAGAIN' || stuckForMs >= stuckMs) break;
				await delay(pauseMs, undefined, {ref: false});
				stuckForMs += pauseMs;
				pauseMs = Math.min(pauseMs * 2, 100);
			}
		}
		this.#bytes -= route.bytes;
		this.#routes.delete(key);
	}
}
