import type {ServerResponse} from 'node:http';
import {Subscription} from 'rxjs';
import type {ApiObject} from '../kubernetes/readable.js';
import type {Selection} from '../kubernetes/selection.js';
import {statusOf} from '../status-of.js';
import {timedOut} from '../status.js';
import type {EventType, Frames, View} from './frames.js';

/** One watcher. */
export interface Watcher {
	readonly view: View;
	readonly selection: Selection;
	readonly frames: Frames;
	readonly response: ServerResponse;
	/** Ends the stream cleanly: the client's time is over, or the process ends. */
	readonly ending: AbortSignal;
	/** The state to begin with, or the revision after which to begin. */
	readonly from: {readonly kind: 'state'; readonly revision: string; readonly items: readonly ApiObject[]; readonly saysEnd: boolean} | {readonly kind: 'revision'; readonly revision: string};
	/** What may wait for the socket before reading stops. */
	readonly pauseBytes: number;
	/** How long the socket may take nothing. */
	readonly blockedMs: number;
	/** How often to tell an idle watcher how far it is; undefined when it does not want to know. */
	readonly bookmarkMs: number | undefined;
}

const types: Readonly<Record<'added' | 'modified' | 'deleted', EventType>> = {added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED'};

/**
 * Streams changes until the client goes, its time is over or it takes nothing for `blockedMs`. Resolves when the stream has ended; never rejects.
 * While the socket is full nothing is buffered: reading stops, and goes on in the store's history where it stopped, so a watcher misses nothing
 * and costs no more than `pauseBytes` and one event. Who falls behind the history is told 410.
 */
export async function streamWatch(watcher: Watcher): Promise<void> {
	const {response, ending, frames, view} = watcher;
	const over = AbortSignal.any([ending, closedSignal(response)]);
	try {
		await new WatchStream(watcher, over).run();
	} catch (error) {
		if (!over.aborted) response.write(frames.error(statusOf(error), view.framing));
	}
	response.end();
	// What a stalled client never takes must not hold the socket for ever.
	if (!response.writableFinished) setTimeout(() => response.destroy(), 1000).unref();
}

class WatchStream {
	readonly #watcher: Watcher;
	readonly #over: AbortSignal;
	/** Everything up to this revision has been told, or was not for this watcher. */
	#position: string;
	/** True while changes arrive as they are committed: then the latest revision is told, too. */
	#isLive = false;

	constructor(watcher: Watcher, over: AbortSignal) {
		this.#watcher = watcher;
		this.#over = over;
		this.#position = watcher.from.revision;
	}

	async run(): Promise<void> {
		const told = await this.#tellState();
		const bookmarks = this.#tellBookmarks();
		try {
			// What was listed in this very turn needs no history: the next commit follows it without gap.
			let since = told === 'at once' ? undefined : this.#position;
			while (await this.#follow(since) === 'full') {
				await this.#drained();
				since = this.#position;
			}
		} finally {
			clearInterval(bookmarks);
		}
	}

	async #tellState(): Promise<'at once' | 'later'> {
		const {from, frames, view} = this.#watcher;
		if (from.kind === 'revision') return 'later';
		let told: 'at once' | 'later' = 'at once';
		for (const item of from.items) {
			if (this.#over.aborted) break;
			if (!this.#write(frames.event('ADDED', item, view))) {
				told = 'later';
				await this.#drained();
			}
		}
		if (from.saysEnd) this.#write(frames.bookmark(from.revision, view, true));
		return told;
	}

	/** Resolves with `full` when the socket takes no more for now, and with `ended` when there is nothing more to come. */
	#follow(since: string | undefined): Promise<'full' | 'ended'> {
		const {view, selection, frames} = this.#watcher;
		return new Promise((resolve, reject) => {
			const subscription = new Subscription();
			const stop = (outcome: 'full' | 'ended'): void => {
				// What is committed while nobody follows must be read from history: a bookmark beyond it would skip it.
				this.#isLive = false;
				subscription.unsubscribe();
				this.#over.removeEventListener('abort', onOver);
				resolve(outcome);
			};
			const onOver = (): void => stop('ended');
			if (this.#over.aborted) {
				resolve('ended');
				return;
			}
			this.#over.addEventListener('abort', onOver, {once: true});
			this.#isLive = since === undefined;
			const target = BigInt(view.readable.list(selection.namespace).revision);
			subscription.add(view.readable.changes(since).subscribe({
				next: change => {
					if (subscription.closed) return;
					this.#position = change.revision;
					this.#isLive ||= BigInt(change.revision) > target;
					const seen = selection.seen(change);
					if (seen !== undefined && !this.#write(frames.event(types[seen], change.object, view))) stop('full');
				},
				error: (error: unknown) => {
					reject(statusOf(error));
					stop('ended');
				},
				complete: () => stop('ended'),
			}));
		});
	}

	/** False when so much waits for the socket that reading must stop. */
	#write(frame: Buffer): boolean {
		const {response, pauseBytes} = this.#watcher;
		response.write(frame);
		return response.writableLength <= pauseBytes;
	}

	/** Waits until the socket has taken everything; throws when it takes too long. */
	#drained(): Promise<void> {
		const {response, blockedMs} = this.#watcher;
		return new Promise((resolve, reject) => {
			const finish = (error?: Error): void => {
				clearTimeout(deadline);
				response.off('drain', finish);
				this.#over.removeEventListener('abort', onOver);
				if (error) reject(error);
				else resolve();
			};
			const onOver = (): void => finish();
			const deadline = setTimeout(() => finish(timedOut(`this watcher took nothing for ${blockedMs / 1000} s: watch again after the last revision it saw`)), blockedMs);
			response.on('drain', finish);
			this.#over.addEventListener('abort', onOver, {once: true});
			if (this.#over.aborted) finish();
		});
	}

	#tellBookmarks(): NodeJS.Timeout | undefined {
		const {bookmarkMs, frames, view, selection} = this.#watcher;
		if (bookmarkMs === undefined) return undefined;
		return setInterval(() => {
			if (this.#isLive) this.#position = view.readable.list(selection.namespace).revision;
			this.#write(frames.bookmark(this.#position, view, false));
		}, bookmarkMs).unref();
	}
}

function closedSignal(response: ServerResponse): AbortSignal {
	const controller = new AbortController();
	response.once('close', () => controller.abort());
	return controller.signal;
}
