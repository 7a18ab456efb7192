import {once} from 'node:events';
import {z} from 'zod';
import type {Instance} from '../../store/resources/instance.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import {startDeadline} from '../../store/deadline.js';
import type {Workloads} from '../ports/workloads.js';
import type {LogLine, LogOptions} from '../../store/resources/log-line.js';
import {badRequest, notFound} from '../status.js';
import type {Exchange, Handler} from './exchange.js';
import type {Readable} from './readable.js';

const Whole = z.string().regex(/^\d{1,15}$/u, 'must be a whole number').transform(Number);
const Flag = z.string().transform(text => text === 'true' || text === '1' || text === '');

const LogQuery = z.object({
	follow: Flag.exactOptional(),
	timestamps: Flag.exactOptional(),
	previous: Flag.exactOptional(),
	tailLines: Whole.exactOptional(),
	sinceSeconds: Whole.exactOptional(),
	sinceTime: z.iso.datetime({offset: true}).exactOptional(),
	limitBytes: Whole.exactOptional(),
	container: z.string().exactOptional(),
});

/** How long to wait for the first line before the answer begins, so that a log that cannot be had is still answered with a proper error. */
const headersAfterMs = 1000;

interface LogContext {
	readonly workloads: Workloads;
	readonly closing: AbortSignal;
}

/** The `log` subresource of Instances: text/plain as it comes, parameters as kubectl names them. */
export function logHandler(instances: Readable<Instance>, {workloads, closing}: LogContext): Handler {
	return async exchange => {
		const {namespace = '', name, query, response} = exchange;
		const instance = instances.get({namespace, name});
		if (!instance) throw notFound(instances.resource, name);
		const options = optionsOf(instance, query);
		using ending = startDeadline(closing);
		response.once('close', () => ending.end());
		const {signal} = ending;
		await sendLines(exchange, workloads.logs(instance, {...options, signal}), {limitBytes: options.limitBytes ?? Number.POSITIVE_INFINITY, signal});
	};
}

function optionsOf(instance: Instance, query: URLSearchParams): LogOptions {
	const read = check(LogQuery, Object.fromEntries(query));
	if (!read.ok) throw badRequest(read.problems.map(problemSentence).join('; '));
	const {container, follow = false, timestamps = false, previous = false, ...bounds} = read.value;
	if (container !== undefined && container !== '' && container !== instance.spec.image.name) {
		throw badRequest(`container ${container} is not valid for instance ${instance.metadata.name}: it has ${instance.spec.image.name}`);
	}
	return {follow, timestamps, previous, ...bounds};
}

async function sendLines({response}: Exchange, lines: AsyncIterable<LogLine>, {limitBytes, signal}: {readonly limitBytes: number; readonly signal: AbortSignal}): Promise<void> {
	response.setHeader('Content-Type', 'text/plain; charset=utf-8');
	const begin = setTimeout(() => response.flushHeaders(), headersAfterMs);
	let left = limitBytes;
	try {
		for await (const {text} of lines) {
			const bytes = Buffer.from(`${text}\n`);
			const taken = response.write(bytes.subarray(0, left));
			left -= bytes.length;
			if (left <= 0 || signal.aborted) break;
			if (!taken) await once(response, 'drain', {signal});
		}
	} catch (error) {
		if (!signal.aborted) {
			if (!response.headersSent) throw error;
			// Cut off, so that nobody takes for the whole log what broke in its middle.
			response.destroy();
			return;
		}
	} finally {
		clearTimeout(begin);
	}
	response.end();
}
