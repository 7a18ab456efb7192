import type {ServerResponse} from 'node:http';
import {z} from 'zod';
import type {Instance} from '../../store/resources/instance.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import {startDeadline} from '../../store/deadline.js';
import type {Commands} from '../ports/commands.js';
import type {ApiLimits} from '../ports/limits.js';
import {statusOf} from '../status-of.js';
import {badRequest, notFound} from '../status.js';
import type {Handler} from './exchange.js';
import {readDocument, readText} from './read-document.js';
import type {Readable} from './readable.js';

const Order = z.strictObject({command: z.array(z.string().max(32_768)).min(1).max(256)});

/** How long to wait for the first output before the answer begins, so that what cannot be run is still answered with a proper error. */
const headersAfterMs = 1000;
/** What may wait for a client that reads slowly; one that takes nothing ends the command. */
const waitingBytes = 4_194_304;

interface ExecContext {
	readonly commands: Commands;
	readonly limits: ApiLimits;
	readonly closing: AbortSignal;
}

/**
 * `POST instances/NAME/exec {command: […]}`: a line of JSON for each line of output, `{stream, text}`, and `{exitCode}` as the last, or `{error}`
 * when it could not be followed to its end. No terminal and no input. A client that leaves ends it.
 */
export function execHandler(instances: Readable<Instance>, {commands, limits, closing}: ExecContext): Handler {
	return async ({request, response, namespace = '', name}) => {
		const instance = instances.get({namespace, name});
		if (!instance) throw notFound(instances.resource, name);
		const order = check(Order, readDocument(await readText(request, limits), limits).value);
		if (!order.ok) throw badRequest(`send {"command": ["program", "argument", …]}: ${order.problems.map(problemSentence).join('; ')}`);
		using ending = startDeadline(closing);
		response.once('close', () => ending.end());
		response.setHeader('Content-Type', 'application/x-ndjson');
		const begin = setTimeout(() => response.flushHeaders(), headersAfterMs);
		try {
			const exitCode = await commands.run(instance, {...order.value, signal: ending.signal, onOutput: ({stream, text}) => {
				line(response, {stream, text});
				if (response.writableLength > waitingBytes) ending.end();
			}});
			line(response, {exitCode});
		} catch (error) {
			if (!response.headersSent) throw error;
			line(response, {error: statusOf(error).message});
		} finally {
			clearTimeout(begin);
		}
		response.end();
	};
}

function line(response: ServerResponse, value: unknown): void {
	response.write(`${JSON.stringify(value)}\n`);
}
