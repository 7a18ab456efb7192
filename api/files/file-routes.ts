import {once} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {Router, type Request, type Response} from 'express';
import {requireAdmin} from '../auth/guard.js';
import {refusalOf} from '../calls/refusal.js';
import {CallRefused} from '../ports/calls.js';
import type {Files, TransferPlace} from '../ports/files.js';
import {sendJson} from '../send.js';
import {badRequest, statusBody, type ApiError} from '../status.js';

/** How long somebody who is refused in the middle of sending may take to hear so. */
const hearingMs = 3000;

/**
 * The bytes of transfers that `file.open` of a node's `files` has opened, through any node: `PUT /cluster/files/NODE/TRANSFER?offset=N` sends what its
 * body holds, as one request of several, and answers `{held}`; `GET` answers everything from the offset on. An answer that breaks off is not whole.
 */
export function fileRoutes({files}: {readonly files: Files}): Router {
	const router = Router();
	const path = '/cluster/files/:node/:transfer';
	router.put(path, requireAdmin(), async (request, response) => {
		using place = placeOf(request, response);
		try {
			// A body that is not read to its end must not end the connection: the answer says why.
			sendJson(response, 200, {held: await files.send(place, request.iterator({destroyOnReturn: false}))});
		} catch (error) {
			// Whoever sent it is gone, and comes back with the rest.
			if (place.signal.aborted || response.destroyed) return;
			if (request.complete) throw refusalOf(error);
			await refuseMidway(request, response, refusalOf(error));
		}
	});
	router.get(path, requireAdmin(), async (request, response) => {
		using place = placeOf(request, response);
		try {
			for await (const bytes of files.fetch(place)) {
				if (!response.headersSent) response.status(200).type('application/octet-stream');
				if (!response.write(bytes)) await once(response, 'drain', {signal: place.signal});
			}
			response.end();
		} catch (error) {
			if (!response.headersSent) throw refusalOf(error);
			if (!(error instanceof CallRefused) && !place.signal.aborted) throw error;
			// Cut off, so that nobody takes it for the whole.
			response.destroy();
		}
	});
	return router;
}

/** To close on somebody who still sends would take the answer from under them: it is given whole, and ended once they have heard it. */
async function refuseMidway(request: Request, response: Response, error: ApiError): Promise<void> {
	const body = Buffer.from(JSON.stringify(statusBody(error)));
	response.writeHead(error.code, {'Content-Type': 'application/json', 'Content-Length': body.length, Connection: 'close'}).write(body);
	request.resume();
	const hearing = new AbortController();
	await Promise.race([once(request, 'close', {signal: hearing.signal}), delay(hearingMs, undefined, {signal: hearing.signal})]).finally(() => hearing.abort());
	response.end();
}

function placeOf(request: Request, response: Response): TransferPlace & Disposable {
	const offset = Number(request.query['offset'] ?? 0);
	if (!Number.isSafeInteger(offset) || offset < 0) throw badRequest('offset is a whole number of bytes');
	const ending = new AbortController();
	const end = (): void => ending.abort();
	response.once('close', end);
	return {
		node: String(request.params['node'] ?? ''), transfer: String(request.params['transfer'] ?? ''), offset, signal: ending.signal,
		[Symbol.dispose]: () => response.off('close', end),
	};
}
