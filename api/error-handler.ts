import type {ErrorRequestHandler, RequestHandler} from 'express';
import type {Log} from './ports/log.js';
import {sendError} from './send.js';
import {statusOf} from './status-of.js';
import {unknownPath} from './status.js';

/** For paths nobody serves: a Status, not express's page. */
export function notServed(): RequestHandler {
	return (_request, response) => sendError(response, unknownPath());
}

/** Turns whatever was thrown into a Status. What nobody foresaw goes into the log, never to the client. Errors after a 504 change nothing. */
export function errorHandler(log: Log): ErrorRequestHandler {
	// Express knows an error handler by its four parameters, so the last one is there though there is nothing to pass on but a broken connection.
	return (error: unknown, request, response, next) => {
		const status = statusOf(error);
		if (status.code === 500) log.error('request failed', {method: request.method, path: request.path, error});
		if (response.writableEnded) return;
		if (response.destroyed) next(error);
		else sendError(response, status);
	};
}
