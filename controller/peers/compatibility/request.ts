import {Context, Request} from 'zeromq';
import {PeerError} from '../../../reconcilers/ports/peers.js';

/** Greatest answer that is taken. */
const answerBytes = 2 ** 20;

/** A question to a node of the original Motey. */
export interface OriginalRequest {
	readonly host: string;
	readonly port: number;
	readonly text: string;
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
}

/** Asks nodes of the original; each question has a socket of its own, since one that was not answered can ask no more. */
export class OriginalRequests {
	readonly #context = new Context({blocky: false});

	/** Resolves with the answer, which may be empty. Throws a `PeerError` of code `Unreachable` when none comes within the deadline: it may have been heard. */
	async ask({host, port, text, deadlineMs, signal}: OriginalRequest): Promise<string> {
		const socket = new Request({
			context: this.#context, linger: 0, maxMessageSize: answerBytes, sendTimeout: deadlineMs, receiveTimeout: deadlineMs, connectTimeout: 1000,
			reconnectInterval: 200, reconnectMaxInterval: 1000, tcpMaxRetransmitTimeout: 5000, ipv6: host.includes(':'), immediate: true,
		});
		const end = (): void => socket.close();
		signal.addEventListener('abort', end, {once: true});
		try {
			signal.throwIfAborted();
			socket.connect(`tcp://${host.includes(':') ? `[${host}]` : host}:${port}`);
			await socket.send(text);
			return Buffer.concat(await socket.receive()).toString('utf8');
		} catch (error) {
			throw new PeerError('Unreachable', `the original node ${host} did not answer at port ${port}`, {cause: error});
		} finally {
			signal.removeEventListener('abort', end);
			socket.close();
		}
	}
}
