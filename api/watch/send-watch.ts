import {identityOf} from '../auth/identity.js';
import {startDeadline} from '../../store/deadline.js';
import type {Exchange} from '../kubernetes/exchange.js';
import type {Readable} from '../kubernetes/readable.js';
import {chooseRepresentation, wantsServerSentEvents} from '../kubernetes/representation.js';
import {revisionParameter} from '../kubernetes/revision-parameter.js';
import {selectionOf, type Selection} from '../kubernetes/selection.js';
import type {ApiLimits} from '../ports/limits.js';
import {badRequest} from '../status.js';
import type {Frames} from './frames.js';
import {streamWatch, type Watcher} from './stream.js';
import type {WatchGate} from './watch-gate.js';

/** What all watches share. */
export interface WatchContext {
	readonly frames: Frames;
	readonly gate: WatchGate;
	readonly limits: ApiLimits;
	/** Aborts when the process begins to end. */
	readonly closing: AbortSignal;
}

/** Answers a watch: a line of JSON per event, or server-sent events where those are asked for. Resolves when the stream has ended. */
export async function sendWatch(readable: Readable, exchange: Exchange, {frames, gate, limits, closing}: WatchContext): Promise<void> {
	const {request, response, query, namespace} = exchange;
	const {accept} = request.headers;
	const framing = wantsServerSentEvents(accept) ? 'events' : 'lines';
	const selection = selectionOf(readable, {namespace, query});
	const holdMs = timeoutParameter(query, limits);
	const after = revisionAfter(exchange);
	const leave = gate.enter(identityOf(response)?.name ?? '');
	response.setHeader('Content-Type', framing === 'events' ? 'text/event-stream' : 'application/json');
	response.setHeader('Cache-Control', 'no-cache, private');
	// A proxy that gathers small writes would keep events from the client.
	response.setHeader('X-Accel-Buffering', 'no');
	response.flushHeaders();
	using ending = startDeadline(closing, holdMs);
	try {
		await streamWatch({
			view: {readable, representation: chooseRepresentation(accept, query.get('includeObject')), framing},
			selection, frames, response,
			ending: ending.signal,
			from: startOf(readable, selection, {after, sendInitialEvents: query.get('sendInitialEvents')}),
			pauseBytes: Math.min(limits.watchBufferBytes / 2, Math.max(16_384, limits.watchBuffersBytes / limits.watches)),
			blockedMs: limits.watchBlockedMs,
			bookmarkMs: query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1' ? limits.bookmarkMs : undefined,
		});
	} finally {
		leave();
	}
}

interface Start {
	readonly after: string | undefined;
	readonly sendInitialEvents: string | null;
}

function startOf(readable: Readable, selection: Selection, {after, sendInitialEvents}: Start): Watcher['from'] {
	if (after !== undefined && sendInitialEvents !== 'true') return {kind: 'revision', revision: after};
	const {revision, items} = readable.list(selection.namespace);
	if (sendInitialEvents === 'false') return {kind: 'revision', revision};
	return {kind: 'state', revision, items: items.filter(item => selection.includes(item)), saysEnd: sendInitialEvents === 'true'};
}

/** A reconnecting `EventSource` says in a header what it saw last. */
function revisionAfter({request, query}: Exchange): string | undefined {
	const last = request.headers['last-event-id'];
	return typeof last === 'string' && last !== '' ? revisionParameter(new URLSearchParams({resourceVersion: last})) : revisionParameter(query);
}

function timeoutParameter(query: URLSearchParams, {watchHoldMs}: ApiLimits): number {
	const text = query.get('timeoutSeconds') ?? '';
	if (text === '' || text === '0') return watchHoldMs;
	if (!/^\d{1,9}$/u.test(text)) throw badRequest(`Invalid value: "${text}": timeoutSeconds must be a whole number`);
	return Math.min(Number(text) * 1000, 2_147_483_647);
}
