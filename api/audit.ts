import type {ServerResponse} from 'node:http';
import {isReading} from './auth/authorise.js';
import {identityOf} from './auth/identity.js';
import type {Handling} from './in-order.js';
import type {Log} from './ports/log.js';
import {methodOf} from './request-line.js';

declare module 'http' {
	// eslint-disable-next-line @typescript-eslint/no-unused-vars -- Node's class has this parameter, and what is added to it has to name it too
	interface ServerResponse<Request extends IncomingMessage = IncomingMessage> {
		/** The revision that the request brought about. */
		revision?: string;
	}
}

/** Notes the revision that a request brought about, for the audit. */
export function noteRevision(response: ServerResponse, revision: string): void {
	response.revision = revision;
}

/** Logs every request that may change something, once it is answered: who, what, from where, with which result and revision. Bodies are never logged. */
export function audit(log: Log): Handling {
	return (request, response, next) => {
		const method = methodOf(request);
		if (!isReading(method)) {
			const {url: path} = request;
			const from = request.socket.remoteAddress ?? 'unix socket';
			response.once('close', () => {
				const {revision} = response;
				log.info('change requested', {
					who: identityOf(response)?.name ?? '', method, path, from, code: response.statusCode, finished: response.writableFinished,
					...(revision === undefined ? {} : {revision}),
				});
			});
		}
		next();
	};
}
