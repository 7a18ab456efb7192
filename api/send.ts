import type {ServerResponse} from 'node:http';
import {statusBody, type ApiError} from './status.js';

/** Answers with JSON that is already text. Sets the length, so that nothing is buffered twice. */
export function sendJsonText(response: ServerResponse, code: number, text: string | Buffer): void {
	const body = typeof text === 'string' ? Buffer.from(text) : text;
	response.statusCode = code;
	response.setHeader('Content-Type', 'application/json');
	response.setHeader('Content-Length', body.length);
	response.end(body);
}

/** Answers with a value as JSON. */
export function sendJson(response: ServerResponse, code: number, value: unknown): void {
	sendJsonText(response, code, JSON.stringify(value));
}

/** Answers with a Status. When the answer has begun, all that is left is to end it. */
export function sendError(response: ServerResponse, error: ApiError): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const {retryAfterSeconds} = error.details;
	if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', String(retryAfterSeconds));
	// The rest of a body nobody reads would hold the connection.
	if (!response.req.complete) response.setHeader('Connection', 'close');
	sendJson(response, error.code, statusBody(error));
}
