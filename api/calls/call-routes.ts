import {Router, type Response} from 'express';
import {z} from 'zod';
import {check, problemSentence} from '../../store/resources/problems.js';
import {requireAdmin} from '../auth/guard.js';
import {readDocument, readText} from '../kubernetes/read-document.js';
import {CallRefused, type CallAnswer, type Calls} from '../ports/calls.js';
import type {ApiLimits} from '../ports/limits.js';
import {badRequest} from '../status.js';
import {refusalOf} from './refusal.js';

const Order = z.strictObject({
	service: z.string().min(1).max(255),
	action: z.string().min(1).max(255),
	data: z.unknown().optional(),
	deadlineMs: z.int().min(1).max(3_600_000).default(5000),
});

/**
 * `POST /cluster/call {service, action, data, deadlineMs}` asks a service of this node or another's. The answer is a line of JSON for each part,
 * `{action, data, binary?}`, bytes in base64. What fails before the first line is a Status; afterwards the last line is `{error}`.
 */
export function callRoutes({calls, limits}: {readonly calls: Calls; readonly limits: ApiLimits}): Router {
	const router = Router();
	router.post('/cluster/call', requireAdmin(), async (request, response) => {
		const order = check(Order, readDocument(await readText(request, limits), limits).value);
		if (!order.ok) throw badRequest(order.problems.map(problemSentence).join('; '));
		const ending = new AbortController();
		response.once('close', () => ending.abort());
		// Whoever asks for something slow learns in time that it goes on.
		const begun = setTimeout(() => begin(response), limits.answerTimeoutMs / 2);
		try {
			for await (const answer of calls.ask({data: {}, ...order.value, signal: ending.signal})) await line(response, lineOf(answer));
			begin(response).end();
		} catch (error) {
			const refused = refusalOf(error);
			if (!response.headersSent) throw refused;
			await line(response, {error: {code: error instanceof CallRefused ? error.code : 'Internal', message: refused.message}});
			response.end();
		} finally {
			clearTimeout(begun);
		}
	});
	return router;
}

function begin(response: Response): Response {
	if (!response.headersSent) response.status(200).type('application/x-ndjson').flushHeaders();
	return response;
}

/** Waits for a reader who is slow, so that nothing piles up here. */
async function line(response: Response, value: unknown): Promise<void> {
	if (begin(response).write(`${JSON.stringify(value)}\n`) || response.destroyed) return;
	await new Promise<void>(resolve => response.once('drain', resolve).once('close', resolve));
}

const lineOf = ({action, data, binary}: CallAnswer) => ({action, data, ...(binary === undefined ? {} : {binary: Buffer.from(binary).toString('base64')})});
