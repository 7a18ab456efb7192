import {createHash, randomUUID} from 'node:crypto';
import {chmod, mkdir, open, readdir, readFile, rename, rm, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {EngineError, type Workload, type WorkloadReference} from '../../../../reconcilers/ports/engine.js';
import {fileDefaults, type MountedFile} from '../../../../store/resources/files.js';
import {systemErrorCode} from '../../../private-file.js';
import {fileName, folders, isLinked} from './layout.js';

/**
 * The files of this node's containers on its own disk, in a directory for each. Only the agent's user can enter it on the host; in the container
 * modes count. Everything in it follows from the Instances: it is written before each start, and goes with the container.
 */
export class FileStore {
	readonly #directory: string;
	/** Directories that a start is about to use: no container has them yet. */
	readonly #inUse = new Map<string, number>();
	/** Those that were used since the containers were listed: the list need not have theirs. */
	readonly #usedSince = new Set<string>();

	constructor(directory: string) {
		this.#directory = directory;
	}

	/** Where the files of the container for `uid` are. The uid of an Instance that another node made may be any text. */
	directoryOf({uid}: Pick<WorkloadReference, 'uid'>): string {
		return join(this.#directory, folderOf(uid));
	}

	/** Runs `work`, before the end of which nobody takes the files of `uid` for left over. */
	async using<T>({uid}: Pick<WorkloadReference, 'uid'>, work: () => Promise<T>): Promise<T> {
		const folder = folderOf(uid);
		this.#inUse.set(folder, (this.#inUse.get(folder) ?? 0) + 1);
		this.#usedSince.add(folder);
		try {
			return await work();
		} finally {
			const others = (this.#inUse.get(folder) ?? 1) - 1;
			if (others > 0) this.#inUse.set(folder, others);
			else this.#inUse.delete(folder);
		}
	}

	/** Makes the files what the template says, each at once or not at all; what is so already is left alone. Synced. */
	async write({name, uid, template: {files = []}}: Pick<Workload, 'name' | 'uid' | 'template'>): Promise<void> {
		if (files.length === 0) return;
		const directory = this.directoryOf({uid});
		try {
			await mkdir(join(directory, folders.alone), {recursive: true, mode: 0o700});
			await mkdir(join(directory, folders.together), {recursive: true});
			// Whoever runs in the container must be able to enter it, whatever the agent's umask is.
			await chmod(join(directory, folders.together), 0o755);
			for (const file of files) await put(file, directory);
		} catch (error) {
			throw new EngineError('Failed', `The files of ${name} cannot be written: ${sayingOf(error)}`, {transient: true, cause: error});
		}
	}

	/** The container is gone: so are its files. */
	async remove(reference: Pick<WorkloadReference, 'uid'>): Promise<void> {
		await rm(this.directoryOf(reference), {recursive: true, force: true});
	}

	/** Removes what was left when a removal was cut off. `listed` resolves with the uids of the containers there are. */
	async tidy(listed: () => Promise<readonly string[]>): Promise<void> {
		const found = await readdir(this.#directory).catch((error: unknown) => {
			if (systemErrorCode(error) === 'ENOENT') return [];
			throw error;
		});
		if (found.length === 0) return;
		this.#usedSince.clear();
		for (const folder of this.#inUse.keys()) this.#usedSince.add(folder);
		const kept = new Set((await listed()).map(folderOf));
		for (const folder of found) {
			if (!kept.has(folder) && !this.#usedSince.has(folder)) await rm(join(this.#directory, folder), {recursive: true, force: true});
		}
	}
}

/** Without the path, which has a name by chance while a file is unfinished: the same trouble is told in the same words. */
const sayingOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/, \w+(?: '.*)?$/u, '') : String(error));

const folderOf = (uid: string): string => createHash('sha256').update(uid).digest('hex').slice(0, 32);

async function put(file: MountedFile, directory: string): Promise<void> {
	const mode = Number.parseInt(file.mode ?? fileDefaults.mode, 8);
	const folder = join(directory, isLinked(file) ? folders.together : folders.alone);
	const path = join(folder, fileName(file));
	if (await isSo(path, {content: file.content, mode})) return;
	// Beside the folder, so that no container ever sees it.
	const unfinished = join(directory, `unfinished-${randomUUID()}`);
	const handle = await open(unfinished, 'wx', 0o600);
	try {
		await handle.writeFile(file.content);
		await handle.chmod(mode);
		await handle.sync();
		await rename(unfinished, path);
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	} finally {
		await handle.close();
	}
	const parent = await open(folder, 'r');
	try {
		await parent.sync();
	} finally {
		await parent.close();
	}
}

/** Anything that cannot be read is not so. */
async function isSo(path: string, {content, mode}: {readonly content: string; readonly mode: number}): Promise<boolean> {
	try {
		return ((await stat(path)).mode & 0o777) === mode && await readFile(path, 'utf8') === content;
	} catch {
		return false;
	}
}
