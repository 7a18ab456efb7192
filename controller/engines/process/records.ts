import {mkdir, readdir, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {EngineError, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import {readIfThere, systemErrorCode, writePrivateFile} from '../../private-file.js';
import {ProcessRecord} from './record.js';

/** A record with the name it stands under: the folder is the slot, and its name the lock of it. */
export interface Slot {
	readonly name: string;
	readonly record: ProcessRecord;
}

/** A folder without a record is none. */
type Reading = {readonly kind: 'none' | 'unreadable'} | {readonly kind: 'read'; readonly slot: Slot};

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

	/** Every slot whose record can be read. */
	async all(): Promise<readonly Slot[]> {
		const entries = await readdir(this.#directory, {withFileTypes: true}).catch((error: unknown) => {
			if (systemErrorCode(error) === 'ENOENT') return [];
			throw error;
		});
		const found = await Promise.all(entries.filter(entry => entry.isDirectory()).map(async ({name}) => this.#read(name)));
		return found.flatMap(slot => (slot.kind === 'read' ? [slot.slot] : []));
	}

	/** What is in the slot: by name, or by uid where its folder was renamed by hand. Throws when nobody can tell, so that nothing is run there twice. */
	async look({name, uid}: WorkloadReference): Promise<Slot | undefined> {
		const named = await this.#read(name);
		if (named.kind === 'read') return named.slot;
		if (named.kind === 'unreadable') {
			const path = join(this.folder(name), recordFile);
			throw new EngineError('Failed', `${path} cannot be read by this version, so nobody knows what runs in the slot: mend it, or end by hand what runs and remove its folder`, {transient: true});
		}
		return uid === '' ? undefined : (await this.all()).find(({record}) => record.uid === uid);
	}

	/** The same; what was renamed is renamed back. */
	async find(reference: WorkloadReference): Promise<Slot | undefined> {
		const found = await this.look(reference);
		if (found === undefined || found.name === reference.name) return found;
		await rename(this.folder(found.name), this.folder(reference.name));
		return {...found, name: reference.name};
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

	async #read(name: string): Promise<Reading> {
		const text = await readIfThere(join(this.folder(name), recordFile));
		if (text === undefined) return {kind: 'none'};
		try {
			return {kind: 'read', slot: {name, record: ProcessRecord.parse(JSON.parse(text))}};
		} catch {
			return {kind: 'unreadable'};
		}
	}
}
