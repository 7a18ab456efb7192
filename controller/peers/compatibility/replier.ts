import {setTimeout as delay} from 'node:timers/promises';
import {Context, Reply} from 'zeromq';
import type {Log} from '../../../reconcilers/ports/log.js';

/** Answers one request; what it throws is answered with an empty text, as the original did. */
export type AnswerText = (request: string) => Promise<string>;

/** Greatest request: the frame of a peer. */
const requestBytes = 2 ** 20;
const afterErrorMs = 100;

/** Sockets that speak the original's wire: one frame in, one frame out, one request at a time each. */
export interface Repliers extends AsyncDisposable {
	/** Answers at `host:port`. Throws when it cannot listen there. */
	listen(host: string, port: number, answer: AnswerText): Promise<void>;
}

/** Makes them. They prove nobody: whoever reaches them may ask. */
export function createRepliers(log: Log): Repliers {
	const context = new Context({blocky: false});
	const open: {readonly socket: Reply; readonly serving: Promise<void>}[] = [];
	return {
		async listen(host, port, answer) {
			const socket = new Reply({context, linger: 0, maxMessageSize: requestBytes, sendTimeout: 1000, sendHighWaterMark: 8, receiveHighWaterMark: 8, handshakeInterval: 3000, ipv6: host.includes(':')});
			try {
				await socket.bind(`tcp://${host.includes(':') ? `[${host}]` : host}:${port}`);
			} catch (error) {
				socket.close();
				throw error;
			}
			open.push({socket, serving: serve(socket, answer, log)});
		},
		async [Symbol.asyncDispose]() {
			for (const {socket} of open) socket.close();
			await Promise.all(open.map(async ({serving}) => serving));
		},
	};
}

async function serve(socket: Reply, answer: AnswerText, log: Log): Promise<void> {
	for (;;) {
		try {
			const frames = await socket.receive();
			const text = await answer(Buffer.concat(frames).toString('utf8')).catch((error: unknown) => {
				log.warn('a request of an original node was not granted', {error});
				return '';
			});
			await socket.send(text);
		} catch (error) {
			// The regular end.
			if (socket.closed) return;
			log.debug('an original node was not answered', {error});
			await delay(afterErrorMs);
		}
	}
}
