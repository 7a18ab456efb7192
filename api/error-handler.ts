import type {IncomingMessage, ServerResponse} from 'node:http';
import type {RequestHandler} from 'express';
import type {Log} from './ports/log.js';
import {methodOf, pathOf} from './request-line.js';
import {sendError} from './send.js';
import {statusOf} from './status-of.js';
import {unknownPath} from './status.js';

/** For paths nobody serves: a Status, not express's page. */
export function notServed(): RequestHandler {
	return (_request, response) => sendError(response, unknownPath());
}

/** How Node says that the other end has left. */
const partings: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED']);

/** Turns whatever was thrown into a Status. What nobody foresaw goes into the log, never to the client. Errors after a 504 change nothing. */
export function errorHandler(log: Log): (error: unknown, request: IncomingMessage, response: ServerResponse) => void {
	return (error, request, response) => {
		if (isMoot(error, response)) return;
		const status = statusOf(error);
		if (status.code === 500) log.error('request failed', {method: methodOf(request), path: pathOf(request), error});
		if (!response.writableEnded && !response.destroyed) sendError(response, status);
	};
}

/** True for what follows from a client that left, or from an answer that was ready after its 504: nothing is wrong, and nobody is there to be told. */
function isMoot(error: unknown, response: ServerResponse): boolean {
	const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
	return response.writableEnded ? code === 'ERR_HTTP_HEADERS_SENT' : response.destroyed && partings.has(code);
}
