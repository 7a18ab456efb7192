import {rename, statfs, type FileHandle} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {RunningDigest} from '../../../api/files/running-digest.js';
import {CallError} from '../mdp/call-error.js';
import {discardedBy, noRoom} from './disk-error.js';
import {unfinished} from './file-path.js';
import {notAFile, type Folder} from './folder.js';
import {isSyncDue, isWelcome, receive, receiving, reliableBytes, syncing, wrote, type Receiving} from './receiver.js';
import type {SpentMemory} from './spent-memory.js';
import {bootId, type Staged, type Staging} from './staging.js';

/** What a file that comes in is made of. */
export interface IncomingParts {
	readonly staging: Staging;
	readonly staged: Staged;
	/** Where it will lie. */
	readonly folder: Folder;
	readonly file: FileHandle;
	/** Bytes that must stay free on its disk. */
	readonly reserveBytes: number;
	readonly spent: SpentMemory;
	/** Told after the last byte, the digest, and the new name are on disk. */
	readonly onDone: (sha256: string) => void;
}

/** One file that comes in, from its first piece to its name. Nobody sees anything of it before it is whole. */
export class Incoming implements AsyncDisposable {
	readonly #parts: IncomingParts;
	readonly #digest = new RunningDigest();
	#state: Receiving;
	/** What is done to the file is done one after the other. */
	#turn: Promise<unknown> = Promise.resolve();
	#sync: Promise<void> = Promise.resolve();
	/** Pieces that were taken and are not written yet, oldest first. */
	readonly #writing: Promise<void>[] = [];
	#isClosed = false;
	/** Why it cannot go on. */
	#failure: CallError | undefined;

	private constructor(parts: IncomingParts, held: number) {
		this.#parts = parts;
		this.#state = receiving(parts.staged.size, held);
	}

	/** Goes on where the file ends that there is, as far as it can be relied on; that much is on disk when this resolves. Throws when there is no room for the rest. */
	static async open(parts: IncomingParts): Promise<Incoming> {
		const {file, staged, staging, folder, reserveBytes} = parts;
		const {size} = await file.stat();
		const boot = await bootId();
		const held = Math.min(staged.size, reliableBytes(size, {sameBoot: staged.boot === boot}));
		const {bavail, bsize} = await statfs(folder.at('.'));
		if (bavail * bsize - reserveBytes < staged.size - held) throw noRoom(parts, {neededBytes: staged.size - held, freeBytes: Math.max(0, bavail * bsize - reserveBytes)});
		if (size > held) await file.truncate(held);
		if (held > 0) await file.datasync();
		if (staged.boot === boot) return new Incoming(parts, held);
		// What there is now is of this run: else each cut from now on would cost as much as that of the power.
		const renewed = {...staged, boot};
		await staging.write(renewed);
		return new Incoming({...parts, staged: renewed}, held);
	}

	/** Bytes that are there. */
	get held(): number {
		return this.#state.held;
	}

	/** True once it takes no more: it was finished, or failed. */
	get isOver(): boolean {
		return this.#isClosed;
	}

	get staged(): Staged {
		return this.#parts.staged;
	}

	/**
	 * Takes a piece, and resolves with the bytes taken when the next is welcome: some may still wait to be written, and then the end of the whole
	 * waits for them. Throws `CallError`; after a failure of the disk nothing is left, and everything asked from then on fails by it.
	 */
	async chunk({offset, bytes, checksum}: {readonly offset: number; readonly bytes: Uint8Array; readonly checksum: number}): Promise<number> {
		const reception = receive(this.#state, {offset, length: bytes.length, isIntact: crc32(bytes) === checksum});
		switch (reception.kind) {
			case 'write':
				this.#state = reception.state;
				return this.#written(this.#inTurn(async () => this.#write(offset, bytes)));
			case 'repeat': return this.#inTurn(async () => Promise.resolve(this.held));
			case 'damaged':
			case 'gap': throw new CallError('Unavailable', reception.reason, {fix: 'Open the transfer again; it goes on where it can.'});
			case 'wrong': throw new CallError('BadRequest', reception.reason);
			default: return reception satisfies never;
		}
	}

	/** Checks the whole and gives it its name; it is on disk when this resolves. A wrong digest leaves nothing behind. */
	async commit(sha256: string, signal: AbortSignal): Promise<string> {
		return this.#inTurn(async () => this.#finish(sha256, signal));
	}

	/** Removes what has come in so far. */
	async discard(): Promise<void> {
		this.#isClosed = true;
		await this.#turn.catch(() => undefined);
		await this.#discard();
		await this[Symbol.asyncDispose]();
	}

	/** Lets go of the file; what there is of it stays, to be taken up again. */
	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		await this.#turn.catch(() => undefined);
		await this.#sync.catch(() => undefined);
		try {
			await this.#parts.file.close();
		} finally {
			await this.#parts.folder[Symbol.asyncDispose]();
		}
	}

	async #inTurn<T>(work: () => Promise<T>): Promise<T> {
		const run = async (): Promise<T> => {
			if (this.#failure !== undefined) throw this.#failure;
			if (this.#isClosed) throw new CallError('NotFound', 'the transfer is not open any more', {fix: 'Open it again; it goes on where it can.'});
			return work();
		};
		const mine = this.#turn.then(run, run);
		this.#turn = mine;
		mine.catch(() => undefined);
		return mine;
	}

	/** Waits for the oldest writing while too much waits to be written. */
	async #written(writing: Promise<void>): Promise<number> {
		const {accepted} = this.#state;
		this.#writing.push(writing);
		// Whoever asks next is told.
		writing.catch(() => undefined);
		while (!isWelcome(this.#state) && this.#failure === undefined) await this.#writing[0];
		if (this.#failure !== undefined) throw this.#failure;
		return accepted;
	}

	async #write(offset: number, bytes: Uint8Array): Promise<void> {
		await this.#orDiscarded(async () => {
			// So a file of this length says that the stretch before its last is on disk.
			if (isSyncDue(wrote(this.#state, bytes.length))) await this.#sync;
			for (let written = 0; written < bytes.length;) written += (await this.#parts.file.write(bytes, written, bytes.length - written, offset + written)).bytesWritten;
			this.#digest.add(offset, bytes);
			this.#state = wrote(this.#state, bytes.length);
			if (isSyncDue(this.#state)) await this.#keep();
		});
		void this.#writing.shift();
		this.#parts.spent.add(bytes.length);
	}

	/** Has the disk keep what is written while more comes; the time before is over, so that no more than two stretches are ever at stake. */
	async #keep(): Promise<void> {
		this.#state = syncing(this.#state);
		this.#sync = this.#parts.file.datasync();
		// Whoever waits for it next is told.
		this.#sync.catch(() => undefined);
		const {bavail, bsize} = await statfs(this.#parts.folder.at('.'));
		if (bavail * bsize < this.#parts.reserveBytes) throw noRoom(this.#parts, {neededBytes: this.#parts.staged.size - this.held, freeBytes: 0});
	}

	async #finish(sha256: string, signal: AbortSignal): Promise<string> {
		const {file, folder, staged, staging} = this.#parts;
		const name = staged.names.at(-1) ?? '';
		if (this.held < staged.size) throw new CallError('Conflict', `only ${this.held} of ${staged.size} bytes are here`);
		const found = await this.#digest.finish(staged.size, async (offset, into) => {
			const {bytesRead} = await file.read(into, 0, into.length, offset);
			return into.subarray(0, bytesRead);
		}, signal);
		if (found !== sha256) {
			await this.#discard();
			throw new CallError('Conflict', `what came for ${name} is not what its sender says: its SHA-256 is ${found}, not ${sha256}; nothing of it was kept`);
		}
		const there = await folder.look(name);
		if (there !== undefined && !there.isFile()) throw notAFile(there, name);
		await this.#orDiscarded(async () => {
			await this.#sync;
			await file.chmod(staged.mode);
			await file.sync();
			const {ino: inode, mtimeMs: modifiedMs} = await file.stat();
			await staging.write({...staged, finished: {sha256, inode, modifiedMs}});
			await rename(folder.at(unfinished(staged.id)), folder.at(name));
			await folder.handle.sync();
		});
		this.#isClosed = true;
		this.#parts.onDone(sha256);
		return sha256;
	}

	async #orDiscarded(work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			await this.#sync.catch(() => undefined);
			await this.#discard();
			this.#failure = discardedBy(error, this.#parts);
			throw this.#failure;
		}
	}

	async #discard(): Promise<void> {
		this.#isClosed = true;
		await this.#parts.staging.discard(this.#parts.folder, this.#parts.staged);
	}
}
