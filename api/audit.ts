import type {RequestHandler, Response} from 'express';
import {isReading} from './auth/authorise.js';
import {identityOf} from './auth/identity.js';
import type {Log} from './ports/log.js';

/** Notes the revision that a request brought about, for the audit. */
export function noteRevision(response: Response, revision: string): void {
	response.locals['revision'] = revision;
}

/** Logs every request that may change something, once it is answered: who, what, from where, with which result and revision. Bodies are never logged. */
export function audit(log: Log): RequestHandler {
	return (request, response, next) => {
		if (!isReading(request.method)) {
			const {method, originalUrl: path} = request;
			const from = request.socket.remoteAddress ?? 'unix socket';
			response.once('close', () => {
				const revision: unknown = response.locals['revision'];
				log.info('change requested', {
					who: identityOf(response)?.name ?? '', method, path, from, code: response.statusCode, finished: response.writableFinished,
					...(typeof revision === 'string' ? {revision} : {}),
				});
			});
		}
		next();
	};
}
