import type {Handling} from './in-order.js';
import {sendError} from './send.js';
import {timedOut} from './status.js';

/**
 * Answers 504 when nobody has answered `answerTimeoutMs` after the last byte of the request. Streams begin their answer at once and are not touched.
 * A write answered so is *unknown*: it may still be stored.
 */
export function answerDeadline({answerTimeoutMs}: {readonly answerTimeoutMs: number}): Handling {
	return (request, response, next) => {
		let timer: NodeJS.Timeout | undefined;
		const start = (): void => {
			// A refusal may be whole before the body it refused is.
			if (response.writableEnded || response.destroyed) return;
			timer ??= setTimeout(() => {
				if (!response.headersSent) sendError(response, timedOut(`no answer within ${answerTimeoutMs / 1000} s; a write may or may not have been stored, repeating it is safe`));
			}, answerTimeoutMs);
		};
		response.once('close', () => clearTimeout(timer));
		if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) start();
		else request.once('end', start);
		next();
	};
}
