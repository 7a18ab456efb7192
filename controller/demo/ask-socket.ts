import {request, type IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';
import {startDeadline} from '../../api/deadline.js';
import {DemoError} from './hello-image.js';

/** What is asked over a unix socket. */
export interface SocketQuestion {
	/** `unix://` and a path. */
	readonly url: string;
	readonly path: string;
	readonly signal: AbortSignal;
}

/** What came back. */
export interface SocketAnswer {
	readonly text: string;
	/** The clock of whoever answers, as HTTP tells it. */
	readonly date: string;
}

const deadlineMs = 5000;

/** What a GET is answered; rejects when nobody answers within 5 s, and with a `DemoError` when it is not answered with 200. */
export async function askSocket({url, path, signal}: SocketQuestion): Promise<SocketAnswer> {
	using deadline = startDeadline(signal, deadlineMs);
	const outgoing = request({socketPath: url.slice('unix://'.length), path, agent: false, signal: deadline.signal});
	const answer = new Promise<IncomingMessage>((resolve, reject) => {
		outgoing.once('response', resolve).on('error', reject);
	});
	outgoing.end();
	const response = await answer;
	const said = await text(response);
	if (response.statusCode !== 200) throw new DemoError(`${url}${path} answers ${String(response.statusCode)}: ${said.trim()}`);
	return {text: said, date: response.headers.date ?? ''};
}
