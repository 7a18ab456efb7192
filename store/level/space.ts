import {randomBytes} from 'node:crypto';
import {rm, stat, statfs, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** How much room the store keeps for itself. */
export interface SpaceOptions {
	readonly directory: string;
	/** A file of this size is kept, to be given up when the disk is full, so that LevelDB can reopen and deletions pass: 8 MiB. */
	readonly ballastBytes: number;
	/** With less free than this, only writes that make room are taken: 16 MiB. */
	readonly lowWaterBytes: number;
	readonly freeSpaceBytes: (directory: string) => Promise<number>;
}

/** Bytes that this process may still write to the file system of `directory`. */
export async function freeSpaceBytes(directory: string): Promise<number> {
	const {bavail, bsize} = await statfs(directory);
	return bavail * bsize;
}

/** Watches over the free space of the store's disk, and holds some of it back. */
export class Space {
	readonly #options: SpaceOptions;

	constructor(options: SpaceOptions) {
		this.#options = options;
	}

	/** True when only writes that make room should be taken. */
	async isLow(): Promise<boolean> {
		return await this.#free() < this.#options.lowWaterBytes;
	}

	/** Holds the reserve back again, where there is plenty. Not being able to is no error: there is then simply no reserve. */
	async reserve(): Promise<void> {
		const {ballastBytes, lowWaterBytes} = this.#options;
		const held = await stat(this.#path).then(({size}) => size, () => 0);
		if (held === ballastBytes || await this.#free() < lowWaterBytes + 2 * ballastBytes) return;
		// Random, because a file system that compresses would hold back nothing for zeros.
		await writeFile(this.#path, randomBytes(ballastBytes), {mode: 0o600}).catch(() => this.release());
	}

	/** Gives the reserve up. */
	async release(): Promise<void> {
		await rm(this.#path, {force: true}).catch(() => undefined);
	}

	get #path(): string {
		return join(this.#options.directory, 'ballast');
	}

	#free(): Promise<number> {
		return this.#options.freeSpaceBytes(this.#options.directory);
	}
}
