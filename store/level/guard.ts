import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {databasePath} from './database.js';
import type {Health} from './health.js';
import type {Space} from './space.js';

/** Checks are at least this far apart while there are writes, */
const minimumMs = 1_000;
/** and about this far apart while there are none. They only read. */
const intervalMs = 2_000;

/** Looks now and then whether the store is still ours and still has room, and reports both to the store's health. */
export class Guard {
	readonly #directory: string;
	readonly #space: Space;
	readonly #health: Health;
	readonly #lockInode: bigint | undefined;
	readonly #timer: NodeJS.Timeout;
	#checkedAt = performance.now();
	#running: Promise<void> | undefined;

	constructor({directory, space, health, lockInode}: {directory: string; space: Space; health: Health; lockInode: bigint | undefined}) {
		this.#directory = directory;
		this.#space = space;
		this.#health = health;
		this.#lockInode = lockInode;
		this.#timer = setInterval(() => void this.check(), intervalMs).unref();
	}

	/** True once LevelDB's lock file is no longer the one we locked: another process may have opened the store, so we never write again. */
	get fenced(): boolean {
		return this.#health.has('owner');
	}

	/** Checks unless that was done within the last second. */
	async checkBeforeWrite(): Promise<void> {
		if (performance.now() - this.#checkedAt >= minimumMs) await this.check();
	}

	/** Checks now. A failing check decides nothing: the next write will tell. */
	check(): Promise<void> {
		this.#running ??= this.#check().catch(() => undefined).finally(() => {
			this.#running = undefined;
		});
		return this.#running;
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#running;
	}

	async #check(): Promise<void> {
		this.#checkedAt = performance.now();
		if (await lockInodeOf(this.#directory) !== this.#lockInode) {
			this.#health.report('owner', {writable: false, code: 'Unavailable', message: 'The LOCK file of the store was replaced or removed, so that another process may have opened it. Nothing is written any more; restart to go on.'});
		}
		const low = await this.#space.isLow();
		this.#health.report('space', low ? {writable: false, code: 'DiskFull', message: 'The disk of the store is nearly full: only deletions are taken until there is room.'} : undefined);
		if (!low) await this.#space.reserve();
	}
}

/** The inode of LevelDB's lock file; undefined when it is gone. */
export async function lockInodeOf(directory: string): Promise<bigint | undefined> {
	return stat(join(databasePath(directory), 'LOCK'), {bigint: true}).then(({ino}) => ino, () => undefined);
}
