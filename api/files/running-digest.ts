import {createHash} from 'node:crypto';

/** Bytes read at once to catch up. */
const readBytes = 1_048_576;

/** Fills `into` with the bytes at `offset`, and gives what it has of them: fewer only at the end. */
export type ReadAt = (offset: number, into: Buffer) => Promise<Uint8Array>;

/** SHA-256 of a file that is made while its bytes pass in order, and that catches up by reading what did not. */
export class RunningDigest {
	readonly #hash = createHash('sha256');
	#to = 0;

	/** Bytes at `offset` pass. What does not follow on the last is read again at the end. */
	add(offset: number, bytes: Uint8Array): void {
		if (offset !== this.#to) return;
		this.#hash.update(bytes);
		this.#to += bytes.length;
	}

	/** The digest of the first `size` bytes, as hex. A file that has become shorter gives the digest of what there is. */
	async finish(size: number, read: ReadAt, signal?: AbortSignal): Promise<string> {
		// One memory for all: what is read is looked at once.
		const memory = Buffer.allocUnsafe(Math.min(readBytes, Math.max(0, size - this.#to)));
		while (this.#to < size) {
			signal?.throwIfAborted();
			const bytes = await read(this.#to, memory.subarray(0, Math.min(readBytes, size - this.#to)));
			if (bytes.length === 0) break;
			this.#hash.update(bytes);
			this.#to += bytes.length;
		}
		return this.#hash.copy().digest('hex');
	}
}
