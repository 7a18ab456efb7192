import {setTimeout as delay} from 'node:timers/promises';
import type {CallOptions, WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {LogLine, LogOptions} from '../../../store/resources/log-line.js';
import type {Attachment} from './attachment.js';
import {engineActions} from './wire.js';

/** How often a followed log is asked for what is new. */
const followEveryMs = 500;

/** As much as the other engines keep of a log: what is not followed ends there, though a program writes faster than it is read. */
const longestLogBytes = 30_000_000;

/** The log of an instance. The program is asked again and again while it is followed, so that it needs no stream of its own. */
export async function* readExternalLog(attachment: Attachment, {name, uid}: WorkloadReference, {signal, follow, previous, tailLines, timestamps, limitBytes = Infinity, sinceSeconds, sinceTime}: CallOptions & LogOptions): AsyncGenerator<LogLine, void, undefined> {
	const sinceMs = sinceTime !== undefined ? Date.parse(sinceTime) : sinceSeconds === undefined ? -Infinity : Date.now() - sinceSeconds * 1000;
	let left = Math.min(limitBytes, follow ? Infinity : longestLogBytes);
	let cursor: string | undefined;
	for (;;) {
		const at: {readonly cursor?: string; readonly tailLines?: number} = cursor !== undefined ? {cursor} : tailLines === undefined ? {} : {tailLines};
		const read = await attachment.ask(engineActions.logs, {reference: {name, uid}, previous, ...at}, {signal});
		for (const {stream, text, at: writtenAt} of read.lines) {
			if (writtenAt !== undefined && Date.parse(writtenAt) < sinceMs) continue;
			left -= Buffer.byteLength(text) + 1;
			if (left < 0) return;
			yield {stream, text: timestamps ? `${writtenAt ?? new Date().toISOString()} ${text}` : text};
		}
		const isNew = read.cursor !== cursor;
		cursor = read.cursor;
		// A program may hand out a long log in pieces that each fit a message.
		if (read.ended || (!follow && (!isNew || read.lines.length === 0))) return;
		if (read.lines.length === 0) await delay(followEveryMs, undefined, {signal}).catch(() => undefined);
		if (signal.aborted) return;
	}
}
