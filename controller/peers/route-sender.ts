import {setTimeout as delay} from 'node:timers/promises';
import type {Router} from 'zeromq';
import {z} from 'zod';

const routeLimit = 1000;
const routeLimitBytes = 8 * 2 ** 20;
const allRoutesLimitBytes = 32 * 2 ** 20;
/** Whoever has read nothing for so long is not waited for. */
const stuckMs = 10_000;

const SendError = z.object({code: z.string()});

interface Route {
	readonly id: Buffer;
	readonly queue: {readonly packed: string | Buffer; readonly bytes: number; readonly left: () => void}[];
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

	/** Sends what was packed, in the order of the calls for one `route`. `left` is told when the message waits no more here, because it was handed on or dropped. */
	send(route: Buffer, packed: string | Buffer, left: () => void = () => undefined): void {
		const key = route.toString('latin1');
		const bytes = Buffer.byteLength(packed);
		const present = this.#routes.get(key);
		const hasRoom = present === undefined || (present.queue.length < routeLimit && present.bytes + bytes <= routeLimitBytes);
		if (!hasRoom || this.#bytes + bytes > allRoutesLimitBytes) {
			left();
			return;
		}
		const message = {packed, bytes, left};
		this.#bytes += bytes;
		if (present === undefined) {
			const opened: Route = {id: route, queue: [message], bytes};
			this.#routes.set(key, opened);
			void this.#drain(key, opened);
		} else {
			present.queue.push(message);
			present.bytes += bytes;
		}
	}

	/** True when so much waits to be read at the other end of `route` that nothing more should be done for it. */
	isBehind(route: Buffer): boolean {
		const present = this.#routes.get(route.toString('latin1'));
		return present !== undefined && (present.queue.length > routeLimit / 2 || present.bytes > routeLimitBytes / 2);
	}

	async #drain(key: string, route: Route): Promise<void> {
		let pauseMs = 1;
		let stuckForMs = 0;
		for (let [message] = route.queue; message !== undefined && !this.#socket.closed; [message] = route.queue) {
			try {
				await this.#socket.send([route.id, message.packed]);
				route.queue.shift();
				route.bytes -= message.bytes;
				this.#bytes -= message.bytes;
				message.left();
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
		for (const {left} of route.queue) left();
	}
}
