import {mkdir, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import type {WorkloadReference} from '../../../reconcilers/ports/engine.js';
import {readIfThere, writePrivateFile} from '../../private-file.js';
import {ProcessRecord} from './record.js';

/** A record with the name it stands under: the folder is the slot, and its name the lock of it. */
export interface Slot {
	readonly name: string;
	readonly record: ProcessRecord;
}

const recordFile = 'record.json';

/** The folder `<dataDir>/process`: a folder for each slot, with its record, logs and exit codes. Read anew at each call, so that files are the truth. */
export class Records {
	readonly #directory: string;

	constructor(directory: string) {
		this.#directory = directory;
	}

	/** The folder of a slot. */
	folder(name: string): string {
		return join(this.#directory, name);
	}

	async all(): Promise<readonly Slot[]> {
		const entries = await readdir(this.#directory, {withFileTypes: true}).catch(() => []);
		const found = await Promise.all(entries.filter(entry => entry.isDirectory()).map(async ({name}) => this.#read(name)));
		return found.filter(slot => slot !== undefined);
	}

	/** What is in the slot: by name, or by uid when its folder was renamed by hand; then it is renamed back. */
	async find({name, uid}: WorkloadReference): Promise<Slot | undefined> {
		const named = await this.#read(name);
		if (named !== undefined) return named;
		const renamed = uid === '' ? undefined : (await this.all()).find(({record}) => record.uid === uid);
		if (renamed === undefined) return undefined;
		await rename(this.folder(renamed.name), this.folder(name));
		return {...renamed, name};
	}

	/** What is in the slot if it was made for this very uid. */
	async own(reference: WorkloadReference): Promise<Slot | undefined> {
		const found = await this.find(reference);
		return found?.record.uid === reference.uid ? found : undefined;
	}

	/** Writes a record, synced. */
	async write(name: string, record: ProcessRecord): Promise<Slot> {
		await mkdir(this.folder(name), {recursive: true, mode: 0o700});
		await writePrivateFile(join(this.folder(name), recordFile), JSON.stringify(record));
		return {name, record};
	}

	async remove(name: string): Promise<void> {
		await rm(this.folder(name), {recursive: true, force: true});
	}

	/** A folder without a record, or with one that cannot be read, is none: its program cannot be told from any other. */
	async #read(name: string): Promise<Slot | undefined> {
		const text = await readIfThere(join(this.folder(name), recordFile));
		if (text === undefined) return undefined;
		try {
			const record = ProcessRecord.safeParse(JSON.parse(text)).data;
			return record === undefined ? undefined : {name, record};
		} catch {
			return undefined;
		}
	}
}
