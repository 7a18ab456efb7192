import {createHash} from 'node:crypto';
import type {FileHandle} from 'node:fs/promises';
import type {BigIntStats} from 'node:fs';
import {crc32} from 'node:zlib';
import {RunningDigest} from '../../../api/files/running-digest.js';
import {CallError} from '../mdp/call-error.js';
import {chunkBytes} from './limits.js';

/** One piece of a file that is read. */
export interface Piece {
	readonly bytes: Uint8Array;
	readonly checksum: number;
}

/** One file that is given away, piece by piece as asked for. */
export class Outgoing implements AsyncDisposable {
	readonly #file: FileHandle;
	readonly #shown: string;
	readonly #digest = new RunningDigest();
	/** Of the file as it was when it was opened. */
	readonly #begun: BigIntStats;
	#turn: Promise<unknown> = Promise.resolve();

	private constructor(file: FileHandle, begun: BigIntStats, shown: string) {
		this.#file = file;
		this.#begun = begun;
		this.#shown = shown;
	}

	/** Takes over an open file; `shown` is how its path reads in errors. */
	static async open(file: FileHandle, shown: string): Promise<Outgoing> {
		return new Outgoing(file, await file.stat({bigint: true}), shown);
	}

	get size(): number {
		return Number(this.#begun.size);
	}

	get mode(): number {
		return Number(this.#begun.mode & 0o777n);
	}

	/** The same for the same content only: whoever has a part of it may go on as long as this stays. */
	get identity(): string {
		return identityOf(this.#begun);
	}

	/** Reads at most 256 KiB at `offset`. Throws Conflict when the file has become shorter. */
	async chunk(offset: number): Promise<Piece> {
		return this.#inTurn(async () => {
			const wanted = Math.min(chunkBytes, this.size - offset);
			if (wanted <= 0) throw new CallError('BadRequest', `${this.#shown} has ${this.size} bytes`);
			const bytes = await this.#read(offset, Buffer.allocUnsafe(wanted));
			if (bytes.length < wanted) throw this.#changed();
			this.#digest.add(offset, bytes);
			return {bytes, checksum: crc32(bytes)};
		});
	}

	/** The digest of the whole. Throws Conflict when the file was changed while it was read. */
	async commit(signal: AbortSignal): Promise<string> {
		return this.#inTurn(async () => {
			const sha256 = await this.#digest.finish(this.size, async (offset, into) => this.#read(offset, into), signal);
			if (identityOf(await this.#file.stat({bigint: true})) !== this.identity) throw this.#changed();
			return sha256;
		});
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#turn.catch(() => undefined);
		await this.#file.close();
	}

	/** Reads until it has everything, since one reading may give less. */
	async #read(offset: number, into: Buffer): Promise<Uint8Array> {
		let filled = 0;
		while (filled < into.length) {
			const {bytesRead} = await this.#file.read(into, filled, into.length - filled, offset + filled);
			if (bytesRead === 0) break;
			filled += bytesRead;
		}
		return into.subarray(0, filled);
	}

	async #inTurn<T>(work: () => Promise<T>): Promise<T> {
		const mine = this.#turn.then(work, work);
		this.#turn = mine;
		mine.catch(() => undefined);
		return mine;
	}

	#changed(): CallError {
		return new CallError('Conflict', `${this.#shown} was changed while it was read`, {fix: 'Copy it again.'});
	}
}

const identityOf = ({dev, ino, size, mtimeNs, ctimeNs}: BigIntStats): string => createHash('sha256').update([dev, ino, size, mtimeNs, ctimeNs].join(' ')).digest('hex').slice(0, 32);
