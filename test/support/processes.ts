import {readFileSync, readdirSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

/** One line of the process table. */
export interface ProcessEntry {
	readonly pid: number;
	readonly parentPid: number;
	/** The kernel's short name, at most 15 characters. */
	readonly name: string;
	/** Arguments joined by blanks. */
	readonly commandLine: string;
	/** `NAME=value` lines; empty where the process is gone or not ours to read. */
	readonly environment: readonly string[];
}

function readEntry(pid: number): ProcessEntry | undefined {
	try {
		const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
		const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat)!;
		const [state, parentPid] = rest!.split(' ');
		if (state === 'Z' || state === 'X') return undefined;
		const words = (file: string): string[] => readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
		return {pid, parentPid: Number(parentPid), name: name!, commandLine: words('cmdline').join(' '), environment: words('environ')};
	} catch {
		return undefined;
	}
}

/** The processes that run now; zombies are left out, since they run nothing. */
export const listProcesses = (): ProcessEntry[] =>
	readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(name => readEntry(Number(name)) ?? []);

/** Whether `pid` still runs; false for a zombie. */
export const isRunning = (pid: number): boolean => readEntry(pid) !== undefined;

/** Waits until none of `pids` runs any more; resolves with those that still do after `withinMs`. */
export async function whenEnded(pids: readonly number[], withinMs: number): Promise<number[]> {
	const deadline = performance.now() + withinMs;
	for (;;) {
		const left = pids.filter(isRunning);
		if (left.length === 0 || performance.now() >= deadline) return left;
		await delay(20);
	}
}

/** Sends `signal`; a process that has ended meanwhile is not an error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
	}
}

/**
 * SIGKILLs every process that matches, with all its descendants (what a container runs descends from its shim),
 * until none is left; never this process or one it descends from. Rejects when some survive `withinMs`.
 */
export async function killProcesses(matches: (entry: ProcessEntry) => boolean, withinMs = 20_000): Promise<void> {
	const deadline = performance.now() + withinMs;
	for (;;) {
		const table = listProcesses();
		const byPid = new Map(table.map(entry => [entry.pid, entry]));
		const spared = new Set<number>([1]);
		for (let pid = process.pid; pid > 1; pid = byPid.get(pid)?.parentPid ?? 0) spared.add(pid);
		const doomed = new Set(table.filter(entry => matches(entry) && !spared.has(entry.pid)).map(entry => entry.pid));
		for (let size = -1; size !== doomed.size;) {
			size = doomed.size;
			for (const {pid, parentPid} of table) if (doomed.has(parentPid) && !spared.has(pid)) doomed.add(pid);
		}
		if (doomed.size === 0) return;
		if (performance.now() >= deadline) {
			throw new Error(`Still running after SIGKILL: ${[...doomed].map(pid => `${pid} ${byPid.get(pid)?.commandLine ?? ''}`).join('; ')}`);
		}
		for (const pid of doomed) signalProcess(pid, 'SIGKILL');
		await delay(50);
	}
}
