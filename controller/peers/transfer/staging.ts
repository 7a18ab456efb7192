import {randomBytes} from 'node:crypto';
import {constants} from 'node:fs';
import {mkdir, open, readdir, readFile, rm, stat, type FileHandle} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {readIfThere, writePrivateFile} from '../../private-file.js';
import {unfinished} from './file-path.js';
import {openFolder, type Folder} from './folder.js';

const {O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR} = constants;
/** Files that were finished lately are known, so that a sender whose answer was lost need not begin again. */
const finishedKept = 100;
const bootIdFile = '/proc/sys/kernel/random/boot_id';

/** What is remembered of a file that comes in, so that it can be taken up again, or cleared away. */
export const Staged = z.strictObject({
	/** Names the unfinished file as well. */
	id: z.string().regex(/^[0-9a-f]{32}$/u),
	/** What its sender calls this very sending; nobody else knows it. Empty when it is not to be taken up again. */
	key: z.string().max(128),
	root: z.string(),
	/** From the root to the file. */
	names: z.array(z.string()).min(1).readonly(),
	size: z.int().min(0),
	mode: z.int().min(0).max(0o777),
	/** The run of the machine in which it was begun, or gone on with last. */
	boot: z.string(),
	/** Of the finished file, written before it takes its name: its digest, its number on its disk, and when it was written last. */
	finished: z.strictObject({sha256: z.string(), inode: z.number(), modifiedMs: z.number()}).readonly().exactOptional(),
}).readonly();
export type Staged = z.infer<typeof Staged>;

/** The unfinished files of a node: each lies beside the place it is meant for, its record in a directory of the node's own. */
export class Staging {
	readonly #directory: string;
	#known: Map<string, Staged> | undefined;

	constructor(directory: string) {
		this.#directory = directory;
	}

	/** Begins a file, record first, so that nothing lies anywhere that no record names. */
	async begin(folder: Folder, about: Pick<Staged, 'key' | 'root' | 'names' | 'size' | 'mode'>): Promise<{readonly staged: Staged; readonly file: FileHandle}> {
		const staged: Staged = {id: randomBytes(16).toString('hex'), boot: await bootId(), ...about};
		await mkdir(this.#directory, {recursive: true, mode: 0o700});
		await this.write(staged);
		try {
			return {staged, file: await open(folder.at(unfinished(staged.id)), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)};
		} catch (error) {
			await this.forget(staged);
			throw error;
		}
	}

	/** Opens an unfinished file again; undefined when it is gone, and its record with it. */
	async reopen(folder: Folder, staged: Staged): Promise<FileHandle | undefined> {
		const name = unfinished(staged.id);
		const found = await folder.look(name);
		if (found?.isFile() === true) return open(folder.at(name), O_RDWR | O_NOFOLLOW);
		await this.forget(staged);
		return undefined;
	}

	/** Keeps what is known of it, on disk when this resolves. */
	async write(staged: Staged): Promise<void> {
		const known = await this.#load();
		await writePrivateFile(this.#path(staged.id), JSON.stringify(staged));
		known.delete(staged.id);
		known.set(staged.id, staged);
		const finished = [...known.values()].filter(each => each.finished !== undefined);
		for (const old of finished.slice(0, -finishedKept)) await this.forget(old);
	}

	async forget({id}: Staged): Promise<void> {
		(await this.#load()).delete(id);
		await rm(this.#path(id), {force: true});
	}

	/** What was begun, or finished lately, under a key. */
	async find(about: Pick<Staged, 'key' | 'root' | 'names' | 'size' | 'mode'>): Promise<Staged | undefined> {
		if (about.key === '') return undefined;
		const path = about.names.join('/');
		return [...(await this.#load()).values()].find(({key, root, names, size, mode}) => key === about.key && root === about.root && size === about.size && mode === about.mode && names.join('/') === path);
	}

	/** Removes an unfinished file, and then its record. */
	async discard(folder: Folder, staged: Staged): Promise<void> {
		await rm(folder.at(unfinished(staged.id)), {force: true});
		await this.forget(staged);
	}

	/** Removes what nobody has touched for `keepMs`, but what `isOpen`. A clock that was set back only delays it. */
	async clear({keepMs, nowMs, isOpen}: {readonly keepMs: number; readonly nowMs: number; readonly isOpen: (id: string) => boolean}): Promise<readonly Staged[]> {
		const cleared: Staged[] = [];
		for (const staged of [...(await this.#load()).values()]) {
			if (isOpen(staged.id) || nowMs - await this.#touchedMs(staged) < keepMs) continue;
			await this.#remove(staged);
			cleared.push(staged);
		}
		return cleared;
	}

	/** Everything that is recorded, oldest first. What cannot be read is no record. */
	async #load(): Promise<Map<string, Staged>> {
		if (this.#known) return this.#known;
		const files = await readdir(this.#directory).catch(() => []);
		const read = await Promise.all(files.filter(file => file.endsWith('.json')).map(async file => readIfThere(join(this.#directory, file))));
		this.#known ??= new Map(read.flatMap(text => parsed(text) ?? []).map(staged => [staged.id, staged]));
		return this.#known;
	}

	async #remove(staged: Staged): Promise<void> {
		try {
			await using folder = await openFolder(staged.root, staged.names.slice(0, -1));
			await this.discard(folder, staged);
		} catch {
			// Its directory is gone or is none any more, and the unfinished file with it.
			await this.forget(staged);
		}
	}

	async #touchedMs(staged: Staged): Promise<number> {
		const record = await stat(this.#path(staged.id)).then(({mtimeMs}) => mtimeMs, () => 0);
		try {
			await using folder = await openFolder(staged.root, staged.names.slice(0, -1));
			return Math.max(record, (await folder.look(unfinished(staged.id)))?.mtimeMs ?? 0);
		} catch {
			return record;
		}
	}

	#path(id: string): string {
		return join(this.#directory, `${id}.json`);
	}
}

/** Names this run of the machine. */
export async function bootId(): Promise<string> {
	return (await readFile(bootIdFile, 'utf8')).trim();
}

function parsed(text: string | undefined): Staged | undefined {
	try {
		return text === undefined ? undefined : Staged.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}
