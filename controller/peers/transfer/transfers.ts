import {randomBytes} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {startDeadline} from '../../../store/deadline.js';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Caller} from '../caller.js';
import {CallError} from '../mdp/call-error.js';
import {allowedPlace, beginReading, beginWriting, type Work} from './begin.js';
import {committed} from './committed.js';
import {explainedFor} from './disk-error.js';
import {openFolder} from './folder.js';
import {creditChunks, type TransferLimits} from './limits.js';
import {listingOf, type Listing} from './listing.js';
import type {Piece} from './outgoing.js';
import {TransferNews, type Tell} from './news.js';
import {underway} from './underway.js';
import {Pace} from './pace.js';
import {SpentMemory} from './spent-memory.js';
import {Staging, type Staged} from './staging.js';
import {WaitingRoom} from './waiting-room.js';
import type {OpenRequest} from './wire.js';

/** What the transfers of a node are made of. */
export interface TransfersOptions {
	/** Directories of this node where files may be read and written; not empty. */
	readonly allow: readonly string[];
	readonly dataDir: string;
	readonly limits: TransferLimits;
	readonly clock: Clock;
	readonly log: Log;
	/** Hears of files under way and done, seldom enough for events. */
	readonly tell?: Tell;
}

interface Open {
	readonly id: string;
	readonly caller: string;
	/** As it was asked for. */
	readonly path: string;
	readonly work: Work;
	/** Requests under way. */
	busy: number;
	idle: NodeJS.Timeout | undefined;
}

/** What an opened transfer is told of itself. Without credit it asks for that first; `ahead` are before it. */
export interface Opened {
	readonly transfer: string;
	readonly offset: number;
	readonly size: number;
	readonly credit: number;
	readonly ahead: number;
	/** Of a file that is read: the same for the same content only, and its mode. */
	readonly identity?: string;
	readonly mode?: number;
}

/** So many endings are remembered, to tell a sender that another took its place. */
const supersededKept = 100;
const clearEveryMs = 3_600_000;

/** All files that this node receives and gives away. Everything throws `CallError`. */
export class Transfers implements AsyncDisposable {
	readonly #options: TransfersOptions;
	readonly #staging: Staging;
	readonly #pace: Pace;
	readonly #spent = new SpentMemory();
	readonly #news: TransferNews;
	readonly #open = new Map<string, Open>();
	readonly #superseded = new Set<string>();
	readonly #room: WaitingRoom;
	#opening: Promise<unknown> = Promise.resolve();
	#clearing: NodeJS.Timeout | undefined;

	private constructor(options: TransfersOptions) {
		this.#options = options;
		this.#news = new TransferNews({tell: options.tell ?? (() => undefined), clock: options.clock});
		this.#staging = new Staging(join(options.dataDir, 'transfers'));
		this.#pace = new Pace(options.limits.transferBytesPerSecond);
		this.#room = new WaitingRoom(options.limits);
	}

	/** Begins, and clears away what was left unfinished for too long, now and every hour. The first allowed directory is made if it is missing. */
	static async open(options: TransfersOptions): Promise<Transfers> {
		const transfers = new Transfers(options);
		const [first] = options.allow;
		if (first !== undefined) await mkdir(first, {recursive: true, mode: 0o700});
		await transfers.#clear();
		transfers.#clearing = setInterval(() => void transfers.#clear(), clearEveryMs).unref();
		return transfers;
	}

	async stat(path: string, after?: string): Promise<Listing> {
		return listingOf(allowedPlace(path, this.#options.allow), path, after).catch(explainedFor(path));
	}

	/** Makes a directory, and those on the way; one that is there already is no error. */
	async makeFolder(path: string): Promise<void> {
		const {root, names} = allowedPlace(path, this.#options.allow);
		await using folder = await openFolder(root, names, {create: true}).catch(explainedFor(path));
		await folder.handle.sync();
	}

	/** Opens a file to be written or read. One that was begun under the same key is gone on with, and whoever had it open has it no more. */
	async begin(request: OpenRequest, caller: Caller): Promise<Opened> {
		const mine = this.#opening.then(async () => {
			if (this.#open.size >= this.#options.limits.transfersOpen) throw new CallError('Unavailable', `${this.#open.size} files are open already`, {fix: 'Try again later.'});
			const {allow, dataDir, log} = this.#options;
			const work = await (request.write
				? beginWriting(request, {allow, dataDir, log, staging: this.#staging, spent: this.#spent, supersede: async staged => this.#supersede(staged)})
				: beginReading(request, allow)).catch(explainedFor(request.path)).catch((error: unknown) => {
				// Its sender is told; whoever looks after this node's disk is, too.
				if (error instanceof CallError && error.code === 'InsufficientStorage') this.#news.failed({id: request.path}, error.message);
				throw error;
			});
			return this.#opened(work, caller, request.path);
		});
		this.#opening = mine.catch(() => undefined);
		return mine;
	}

	/** Waits for the transfer's turn, up to `waitMs`. */
	async credit({transfer, waitMs}: {readonly transfer: string; readonly waitMs: number}, caller: Caller, signal: AbortSignal): Promise<Pick<Opened, 'credit' | 'ahead'>> {
		return this.#during(transfer, caller, async open => {
			const untilMs = this.#options.clock.monotonicMs() + waitMs;
			for (;;) {
				const ahead = this.#ahead(open);
				const leftMs = untilMs - this.#options.clock.monotonicMs();
				if (ahead === 0 || leftMs <= 0 || signal.aborted) return {ahead, credit: ahead === 0 ? creditChunks : 0};
				using deadline = startDeadline(signal, leftMs);
				await this.#room.changed(deadline.signal);
			}
		});
	}

	/** Takes a piece; resolves with the bytes held. */
	async write({transfer, offset, checksum, bytes}: {readonly transfer: string; readonly offset: number; readonly checksum: number; readonly bytes: Uint8Array}, caller: Caller, signal: AbortSignal): Promise<number> {
		return this.#during(transfer, caller, async open => {
			const {work} = this.#atWork(open);
			if (work.kind !== 'in') throw new CallError('BadRequest', 'this transfer takes no bytes');
			await this.#paced(bytes.length, signal);
			const held = await work.incoming.chunk({offset, bytes, checksum});
			this.#news.at({...underway(open), bytes: held});
			return held;
		});
	}

	/** Gives a piece and the size of the whole. */
	async read({transfer, offset}: {readonly transfer: string; readonly offset: number}, caller: Caller, signal: AbortSignal): Promise<Piece & {readonly size: number}> {
		return this.#during(transfer, caller, async open => {
			const {work} = this.#atWork(open);
			if (work.kind !== 'out') throw new CallError('BadRequest', 'this transfer gives no bytes');
			const piece = await work.outgoing.chunk(offset);
			await this.#paced(piece.bytes.length, signal);
			this.#spent.add(piece.bytes.length);
			this.#news.at({...underway(open), bytes: offset + piece.bytes.length});
			return {...piece, size: work.outgoing.size};
		});
	}

	/** Ends a transfer whose bytes are all there; resolves with the digest of the whole once the file has its name. */
	async commit({transfer, sha256}: {readonly transfer: string; readonly sha256?: string}, caller: Caller, signal: AbortSignal): Promise<{readonly sha256: string; readonly size: number}> {
		const result = await this.#during(transfer, caller, async open => {
			const ended = await committed(open.work, {sha256, signal});
			if (open.work.kind !== 'finished') this.#news.done(underway(open));
			return ended;
		});
		await this.#close(transfer);
		return result;
	}

	/** Ends a transfer that is not to be finished; with `keep` what came in stays for a while, to be gone on with. */
	async abort({transfer, keep}: {readonly transfer: string; readonly keep: boolean}, caller: Caller): Promise<void> {
		const open = this.#find(transfer, caller);
		if (open.work.kind === 'in' && !keep) await open.work.incoming.discard();
		await this.#close(transfer);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		clearInterval(this.#clearing);
		this.#news[Symbol.dispose]();
		await this.#opening;
		await Promise.all([...this.#open.keys()].map(async id => this.#close(id)));
	}

	/** Whoever sends the same file still loses it to whoever asks now. */
	async #supersede({id}: Staged): Promise<void> {
		for (const open of this.#open.values()) {
			if (open.work.kind !== 'in' || open.work.incoming.staged.id !== id) continue;
			this.#superseded.add(open.id);
			await this.#close(open.id);
		}
		for (const oldest of [...this.#superseded].slice(0, -supersededKept)) this.#superseded.delete(oldest);
	}

	#opened(work: Work, caller: Caller, path: string): Opened {
		const open: Open = {id: randomBytes(16).toString('hex'), caller: nameOf(caller), path, work, busy: 0, idle: undefined};
		this.#open.set(open.id, open);
		if (work.kind !== 'finished') this.#room.enter(work.kind, open.id);
		this.#watch(open);
		const ahead = this.#ahead(open);
		const about = {transfer: open.id, credit: ahead === 0 ? creditChunks : 0, ahead};
		switch (work.kind) {
			case 'in': return {...about, offset: work.incoming.held, size: work.incoming.staged.size};
			case 'out': return {...about, offset: 0, size: work.outgoing.size, identity: work.outgoing.identity, mode: work.outgoing.mode};
			case 'finished': return {...about, offset: work.size, size: work.size};
			default: return work satisfies never;
		}
	}

	async #close(id: string): Promise<void> {
		const open = this.#open.get(id);
		if (!this.#open.delete(id) || open === undefined) return;
		clearTimeout(open.idle);
		const {work} = open;
		if (work.kind === 'finished') return;
		try {
			await (work.kind === 'in' ? work.incoming : work.outgoing)[Symbol.asyncDispose]();
		} catch (error) {
			this.#options.log.warn('a file could not be closed', {path: open.path, error});
		}
		this.#room.leave(work.kind, id);
	}

	#find(id: string, caller: Caller): Open {
		const open = this.#open.get(id);
		if (open?.caller === nameOf(caller)) return open;
		if (this.#superseded.has(id)) throw new CallError('Conflict', 'another sender of the same file has taken this transfer over', {fix: 'Is the same copy running twice?'});
		throw new CallError('NotFound', 'the transfer is not open any more', {fix: 'Open it again; it goes on where it can.'});
	}

	/** What is asked of an open transfer, and keeps it open. */
	async #during<T>(id: string, caller: Caller, work: (open: Open) => Promise<T>): Promise<T> {
		const open = this.#find(id, caller);
		open.busy++;
		try {
			return await work(open);
		} catch (error) {
			if (open.work.kind === 'in' && open.work.incoming.isOver && error instanceof CallError && error.code !== 'NotFound') this.#news.failed(underway(open), error.message);
			throw error;
		} finally {
			open.busy--;
			if (open.work.kind === 'in' && open.work.incoming.isOver) await this.#close(id);
			else this.#watch(open);
		}
	}

	#atWork(open: Open): Open {
		if (this.#ahead(open) > 0) throw new CallError('Unavailable', 'it is not this transfer\'s turn yet', {fix: 'Ask for file.credit first.'});
		return open;
	}

	#ahead({id, work: {kind}}: Open): number {
		return kind === 'finished' ? 0 : this.#room.ahead(kind, id);
	}

	/** Closes it once nobody has spoken of it for long, so that others have their turn. */
	#watch(open: Open): void {
		clearTimeout(open.idle);
		if (!this.#open.has(open.id)) return;
		open.idle = setTimeout(() => {
			if (open.busy === 0) void this.#close(open.id);
		}, this.#options.limits.transferIdleMs).unref();
	}

	async #paced(bytes: number, signal: AbortSignal): Promise<void> {
		const waitMs = this.#pace.takeMs(bytes, this.#options.clock.monotonicMs());
		if (waitMs > 0) await delay(waitMs, undefined, {signal});
	}

	async #clear(): Promise<void> {
		const {limits, clock, log} = this.#options;
		const isOpen = (id: string): boolean => [...this.#open.values()].some(({work}) => work.kind === 'in' && work.incoming.staged.id === id);
		try {
			const cleared = await this.#staging.clear({keepMs: limits.transferKeepMs, nowMs: clock.now().getTime(), isOpen});
			for (const {names, size} of cleared.filter(({finished}) => finished === undefined)) log.info('an unfinished file was removed, since nobody went on with it', {path: names.join('/'), bytes: size});
		} catch (error) {
			log.warn('unfinished files could not be cleared away', {error});
		}
	}
}

const nameOf = (caller: Caller): string => (caller.kind === 'local' ? '' : caller.nodeId);
