import {readdir, readFile} from 'node:fs/promises';
import {readIfThere} from '../../private-file.js';

/** What the kernel says of a process, as far as it is read here. See proc(5), /proc/PID/stat. */
export interface ProcessState {
	readonly pid: number;
	/** One letter: `T` is stopped, `Z` and `X` have ended. */
	readonly state: string;
	readonly session: number;
	/** Of all its threads, and of children it has waited for. */
	readonly cpuTicks: number;
	readonly startTicks: string;
}

/** Ticks per second in /proc on every architecture Node runs on (`getconf CLK_TCK`). */
export const ticksPerSecond = 100;

/** The process of this number, or undefined when there is none. */
export async function processState(pid: number): Promise<ProcessState | undefined> {
	const text = await readIfThere(`/proc/${pid}/stat`);
	// The name stands in brackets and may itself have blanks and brackets.
	const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
	if (fields === undefined) return undefined;
	const number = (field: number): number => Number(fields[field - 3] ?? 0);
	return {
		pid, state: fields[0] ?? '', session: number(6), startTicks: fields[19] ?? '',
		cpuTicks: number(14) + number(15) + number(16) + number(17),
	};
}

/** Every process of a session. */
export async function processesOf(session: number): Promise<readonly ProcessState[]> {
	const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
	const states = await Promise.all(pids.map(processState));
	return states.filter(state => state?.session === session).filter(state => state !== undefined);
}

/** Bytes of memory the process has in use now; 0 once it has ended. */
export async function residentBytes(pid: number): Promise<number> {
	const status = await readIfThere(`/proc/${pid}/status`);
	return Number(/^VmRSS:\s+(\d+) kB/mu.exec(status ?? '')?.[1] ?? 0) * 1024;
}

/** Told apart from every other boot of this machine. */
export async function currentBootId(): Promise<string> {
	return (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim() ?? 'unknown';
}

/** Whether the process was begun with this line in its environment. False when that cannot be read. */
export async function hasEnvironment(pid: number, line: string): Promise<boolean> {
	return readFile(`/proc/${pid}/environ`, 'utf8').then(text => text.split('\0').includes(line), () => false);
}
