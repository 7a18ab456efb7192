import {createReadStream} from 'node:fs';
import {mkdir, open, rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import type {CallOptions, Engines} from '../../reconcilers/ports/engine.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {CallError} from '../peers/mdp/call-error.js';
import {ArchiveError} from './archive/archive-error.js';
import type {ArchiveLimits} from './archive/archive-limits.js';
import {checkArchive} from './archive/check-archive.js';
import {loadImage} from './load-image.js';
import {assertRoom} from './stage-archive.js';
import type {PushEndRequest} from './wire.js';

/** So many archives may be on their way in, each so long without a word. */
const openAtOnce = 4;
const defaultIdleMs = 600_000;

/** What became of an archive that was pushed. */
export interface PushedImage {
	readonly id: string;
	readonly references: readonly string[];
}

interface Upload {
	idle: NodeJS.Timeout | undefined;
	/** What is under way and waits: one thing after the other, since whoever heard no answer sends again. */
	work: Promise<unknown>;
}

/** What archives that users send need of their node. */
export interface ImageUploadsOptions {
	readonly directory: string;
	readonly limits: ArchiveLimits;
	readonly engines: Engines;
	readonly log: Log;
	/** What stays free on the disk. */
	readonly reserveBytes?: number;
	/** So long without a word, and an upload is forgotten. */
	readonly idleMs?: number;
}

/** Archives that users send piece by piece. Everything throws `CallError`. */
export class ImageUploads {
	readonly #options: ImageUploadsOptions;
	readonly #open = new Map<string, Upload>();

	constructor(options: ImageUploadsOptions) {
		this.#options = options;
	}

	/** Takes a piece that begins where the last ended; resolves with the bytes held, from where to go on. */
	async take({upload, offset, bytes}: {readonly upload: string; readonly offset: number; readonly bytes: Buffer}): Promise<number> {
		if (!this.#open.has(upload) && this.#open.size >= openAtOnce) throw new CallError('Unavailable', `${this.#open.size} images are being pushed already`, {fix: 'Try again later.'});
		return this.#inTurn(upload, async () => {
			try {
				return await this.#append(this.#path(upload), {offset, bytes});
			} catch (error) {
				if (offset === 0) await this.#forget(upload);
				throw error;
			}
		});
	}

	/** Looks an archive through whose bytes are all there, and gives it to the engine. It is gone afterwards. */
	async finish({upload, sha256, id, names = []}: PushEndRequest, {signal}: CallOptions): Promise<PushedImage> {
		const {engines, limits} = this.#options;
		const engine = engines.all.find(({images}) => images !== undefined);
		if (engine === undefined) throw new CallError('Unavailable', 'no engine of this node takes images');
		const path = this.#path(upload);
		const nothing = (): CallError => new CallError('NotFound', 'nothing of this archive is here', {fix: 'Push it again.'});
		if (!this.#open.has(upload)) throw nothing();
		return this.#inTurn(upload, async () => {
			try {
				if (await stat(path).catch(() => undefined) === undefined) throw nothing();
				const checked = await checkArchive(createReadStream(path, {signal}), limits, id === undefined ? {} : {id, references: []});
				if (checked.sha256 !== sha256) throw new CallError('Conflict', 'what arrived is not what was sent', {fix: 'Push it again.'});
				const loaded = await loadImage({path, checked}, {engine, signal});
				for (const name of names) await engine.images?.tag(loaded, name, {signal});
				return {id: loaded, references: [...checked.references, ...names]};
			} catch (error) {
				if (error instanceof ArchiveError) throw new CallError('BadRequest', `the archive is refused: ${error.message}`, {...(error.code === 'Malformed' ? {fix: 'It is to be one whole image as `docker save` writes it, plain or gzipped.'} : {}), cause: error});
				throw error;
			} finally {
				await this.#forget(upload);
			}
		});
	}

	/** Forgets what there is of an archive, once what is under way is over; one that is not here is forgotten already. */
	async drop(upload: string): Promise<void> {
		if (this.#open.has(upload)) await this.#inTurn(upload, async () => this.#forget(upload));
	}

	async #append(path: string, {offset, bytes}: {readonly offset: number; readonly bytes: Buffer}): Promise<number> {
		const {directory, limits, reserveBytes} = this.#options;
		await mkdir(directory, {recursive: true, mode: 0o700});
		const file = await open(path, 'a', 0o600);
		try {
			const {size} = await file.stat();
			if (offset !== size) return size;
			if (size + bytes.length > limits.bytes) throw new CallError('BadRequest', `the archive is longer than the ${limits.bytes} bytes that this node takes`, {fix: 'limits.imageBytes in the node\'s configuration says how long one may be.'});
			await assertRoom(directory, {bytes: bytes.length, reserveBytes}).catch((error: unknown) => {
				throw error instanceof ArchiveError ? new CallError('InsufficientStorage', error.message, {fix: 'Make room there; `motey image prune` removes images that nothing needs.', cause: error}) : error;
			});
			await file.writeFile(bytes);
			return size + bytes.length;
		} finally {
			await file.close();
		}
	}

	/** While something is under way nothing is idle. */
	async #inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
		const {idleMs = defaultIdleMs, log} = this.#options;
		const upload = this.#open.get(name) ?? {idle: undefined, work: Promise.resolve()};
		this.#open.set(name, upload);
		clearTimeout(upload.idle);
		const mine = upload.work.then(work);
		const done = mine.catch(() => undefined).then(() => {
			if (upload.work === done && this.#open.get(name) === upload) upload.idle = setTimeout(() => {
				this.#forget(name).catch((error: unknown) => log.warn('an archive that nobody went on with could not be removed', {error}));
			}, idleMs).unref();
		});
		upload.work = done;
		return mine;
	}

	async #forget(upload: string): Promise<void> {
		clearTimeout(this.#open.get(upload)?.idle);
		this.#open.delete(upload);
		await rm(this.#path(upload), {force: true});
	}

	#path(upload: string): string {
		return join(this.#options.directory, `${upload}.upload`);
	}
}
