import {setTimeout as delay} from 'node:timers/promises';
import {Refused} from './errors.js';
import {linesOf} from './lines.js';
import {requestStream, type Endpoint} from './transport.js';
import {at, numberAt, textAt} from './value.js';

/** What a watch tells. `RESET`: the history was too old, forget what you know; the present state follows as `ADDED`. */
export interface WatchEvent {
	readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'RESET';
	readonly object: unknown;
}

/** What is watched. */
export interface WatchOptions {
	/** Path of the collection, without query. */
	readonly path: string;
	readonly query?: Readonly<Record<string, string>>;
	/** Revision after which to begin; without, the present state comes first. */
	readonly since?: string;
	readonly accept?: string;
	readonly signal?: AbortSignal;
	/** How long a node that went away is waited for. */
	readonly patienceMs?: number;
}

/**
 * Watches until the signal aborts, also across broken connections, restarts of the node and pauses of the reader: it goes on after the last
 * revision it saw. Throws what the node refuses, and what it last said or did not say when it serves no watch for `patienceMs` (60 s).
 */
export async function* watch(endpoint: Endpoint, options: WatchOptions): AsyncGenerator<WatchEvent, void> {
	const patienceMs = options.patienceMs ?? 60_000;
	let since = options.since;
	let lostAt: number | undefined;
	let pauseMs = 100;
	while (options.signal?.aborted !== true) {
		try {
			const query = new URLSearchParams({...options.query, watch: '1', allowWatchBookmarks: 'true', ...(since === undefined ? {} : {resourceVersion: since})});
			const stream = await requestStream(endpoint, {
				method: 'GET', path: `${options.path}?${query.toString()}`, ...(options.accept === undefined ? {} : {accept: options.accept}), ...(options.signal ? {signal: options.signal} : {}),
			});
			lostAt = undefined;
			for await (const line of linesOf(stream)) {
				const event = eventOf(line);
				if (event === undefined) continue;
				if (event.type === 'ERROR') throw new Refused(textAt(event.object, 'message'), {code: numberAt(event.object, 'code') ?? 500, reason: textAt(event.object, 'reason'), causes: [], retryAfterSeconds: undefined});
				since = revisionOf(event.object) ?? since;
				pauseMs = 100;
				if (event.type !== 'BOOKMARK') yield {type: event.type, object: event.object};
			}
		} catch (error) {
			if (aborted(options.signal)) return;
			if (error instanceof Refused && error.code === 410) {
				since = undefined;
				yield {type: 'RESET', object: undefined};
			} else {
				lostAt ??= performance.now();
				const passes = !(error instanceof Refused) || passing.has(error.code);
				if (!passes || performance.now() - lostAt > patienceMs) throw error;
			}
		}
		await delay(pauseMs, undefined, options.signal ? {signal: options.signal} : {}).catch(() => undefined);
		pauseMs = Math.min(pauseMs * 2, 2000);
	}
}

/** Too many watches, a node that starts or ends, and a watcher that read too slowly. */
const passing: ReadonlySet<number> = new Set([429, 503, 504]);

function aborted(signal: AbortSignal | undefined): boolean {
	return signal?.aborted === true;
}

interface RawEvent {
	readonly type: WatchEvent['type'] | 'BOOKMARK' | 'ERROR';
	readonly object: unknown;
}

function eventOf(line: string): RawEvent | undefined {
	if (line.trim() === '') return undefined;
	try {
		const value: unknown = JSON.parse(line);
		const type = at(value, 'type');
		if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK' || type === 'ERROR') return {type, object: at(value, 'object')};
	} catch {
		// Half a line before the connection broke: what it told comes again.
	}
	return undefined;
}

function revisionOf(object: unknown): string | undefined {
	return textAt(object, 'metadata', 'resourceVersion') || textAt(object, 'rows', 0, 'object', 'metadata', 'resourceVersion') || undefined;
}
