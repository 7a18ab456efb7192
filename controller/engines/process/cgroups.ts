import {accessSync, constants, existsSync} from 'node:fs';
import {mkdir, readFile, rmdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {systemErrorCode} from '../../private-file.js';
import type {Limits} from './record.js';

/** Where the kernel keeps control groups: one tree (v2), or one for each controller (v1). */
type Layout = {readonly version: 2; readonly root: string} | {readonly version: 1; readonly cpu: string; readonly memory: string};

/** Period in which a share of CPU is counted, in microseconds, as Docker has it. */
const periodUs = 100_000;
/** What the kernel takes for no limit in v1. */
const none = '-1';

/** Limits on what programs use, through control groups of the host. Nothing is made before the first limit. */
export class Cgroups {
	readonly #layout: Layout | undefined;
	/** Groups that could not be taken away yet. */
	readonly #left = new Set<string>();

	constructor(root = '/sys/fs/cgroup') {
		this.#layout = layoutOf(root);
	}

	/** Why nothing can be limited here; undefined when it can. */
	get refusal(): string | undefined {
		if (this.#layout === undefined) return 'the host has no control groups';
		return this.#roots().every(isWritable) ? undefined : 'its user cannot make control groups';
	}

	/** Makes the group of `id` with these limits, or changes them. Throws what the kernel says. */
	async limit(id: string, {cpuMillis, memoryBytes}: Limits): Promise<void> {
		const layout = this.#layout;
		if (layout === undefined) throw new Error('the host has no control groups');
		if (layout.version === 2) {
			const motey = join(layout.root, 'motey');
			await mkdir(motey, {recursive: true});
			for (const folder of [layout.root, motey]) await writeFile(join(folder, 'cgroup.subtree_control'), '+cpu +memory');
		}
		await Promise.all(this.#folders(id).map(async folder => mkdir(folder, {recursive: true})));
		const [cpu = '', memory = cpu] = this.#folders(id);
		if (layout.version === 2) {
			await writeFile(join(cpu, 'cpu.max'), cpuMillis === undefined ? `max ${periodUs}` : `${quotaUs(cpuMillis)} ${periodUs}`);
			await writeFile(join(cpu, 'memory.max'), memoryBytes === undefined ? 'max' : String(memoryBytes));
			return;
		}
		await writeFile(join(cpu, 'cpu.cfs_period_us'), String(periodUs));
		await writeFile(join(cpu, 'cpu.cfs_quota_us'), cpuMillis === undefined ? none : quotaUs(cpuMillis));
		await writeFile(join(memory, 'memory.limit_in_bytes'), memoryBytes === undefined ? none : String(memoryBytes));
	}

	/** Puts a process, and with it whatever it starts from now on, into the group. */
	async enter(id: string, pid: number): Promise<void> {
		for (const folder of this.#folders(id)) await writeFile(join(folder, 'cgroup.procs'), String(pid));
	}

	/** Numbers of the processes in the group, however they came there. */
	async members(id: string): Promise<readonly number[]> {
		// Never made, or gone meanwhile: then nothing is in it.
		const texts = await Promise.all(this.#folders(id).map(async folder => readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '')));
		return [...new Set(texts.flatMap(text => text.split('\n')).filter(line => line !== '').map(Number))];
	}

	/** Takes the group away. One that is busy for a moment after its last process is left for `removeLeft`. */
	async remove(id: string): Promise<void> {
		this.#left.delete(id);
		for (const folder of this.#folders(id)) {
			await rmdir(folder).catch((error: unknown) => {
				const code = systemErrorCode(error) ?? '';
				if (code === 'EBUSY') this.#left.add(id);
				else if (!['ENOENT', 'ENOTDIR'].includes(code)) throw error;
			});
		}
	}

	/** Takes away what was busy before. */
	async removeLeft(): Promise<void> {
		for (const id of [...this.#left]) await this.remove(id);
	}

	#roots(): readonly string[] {
		if (this.#layout === undefined) return [];
		return this.#layout.version === 2 ? [this.#layout.root] : [this.#layout.cpu, this.#layout.memory];
	}

	#folders(id: string): readonly string[] {
		return this.#roots().map(root => join(root, 'motey', id));
	}
}

const quotaUs = (cpuMillis: number): string => String(Math.max(1000, Math.round(cpuMillis * periodUs / 1000)));

function layoutOf(root: string): Layout | undefined {
	if (existsSync(join(root, 'cgroup.controllers'))) return {version: 2, root};
	const [cpu, memory] = [join(root, 'cpu'), join(root, 'memory')];
	return existsSync(join(cpu, 'cgroup.procs')) && existsSync(join(memory, 'cgroup.procs')) ? {version: 1, cpu, memory} : undefined;
}

function isWritable(path: string): boolean {
	try {
		accessSync(path, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}
