import {statfs} from 'node:fs/promises';
import {cpus, freemem, totalmem} from 'node:os';
import type {Clock} from '../reconcilers/ports/clock.js';
import {readIfThere} from './private-file.js';

/** Use of the host in the original's keys: percentages 0–100, sizes in bytes. `sampledAt` is RFC 3339. */
export interface NodeStatistics {
	readonly cpu: number;
	readonly memory: {readonly total: number; readonly available: number; readonly percent: number; readonly used: number; readonly free: number};
	readonly disk: {readonly total: number; readonly used: number; readonly free: number; readonly percent: number};
	readonly sampledAt: string;
}

interface CpuTimes {
	readonly busyMs: number;
	readonly totalMs: number;
}

/**
 * Samples the host when asked, at most every `periodMs`, so that a quiet node does nothing and an answer never waits.
 * CPU is the average since the sample before.
 */
export function createStatistics({directory, clock, periodMs = 5000}: {directory: string; clock: Pick<Clock, 'now' | 'monotonicMs'>; periodMs?: number}): {read(): Promise<NodeStatistics>} {
	let before = cpuTimes();
	let latest: NodeStatistics | undefined;
	let sampledMs = 0;
	return {
		async read() {
			// Not by the wall clock: one that is put back would freeze the figures until it has caught up.
			const nowMs = clock.monotonicMs();
			if (latest && nowMs - sampledMs < periodMs) return latest;
			sampledMs = nowMs;
			const after = cpuTimes();
			const [memory, disk] = await Promise.all([memoryUse(), diskUse(directory)]);
			latest = {cpu: percent(after.busyMs - before.busyMs, after.totalMs - before.totalMs), memory, disk, sampledAt: clock.now().toISOString()};
			before = after;
			return latest;
		},
	};
}

function cpuTimes(): CpuTimes {
	const times = cpus().map(cpu => cpu.times);
	const totalMs = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.idle + time.irq, 0);
	return {totalMs, busyMs: totalMs - times.reduce((sum, time) => sum + time.idle, 0)};
}

/** `MemAvailable` of /proc/meminfo where there is one: free memory alone would count every cache as used. */
async function memoryUse(): Promise<NodeStatistics['memory']> {
	const total = totalmem();
	const free = freemem();
	const line = /^MemAvailable:\s+(\d+) kB$/mu.exec(await readIfThere('/proc/meminfo') ?? '')?.[1];
	const available = line === undefined ? free : Number(line) * 1024;
	return {total, available, percent: percent(total - available, total), used: total - available, free};
}

async function diskUse(directory: string): Promise<NodeStatistics['disk']> {
	const {blocks, bsize, bfree, bavail} = await statfs(directory);
	const total = blocks * bsize;
	const used = (blocks - bfree) * bsize;
	return {total, used, free: bavail * bsize, percent: percent(used, total)};
}

/** One decimal, as psutil gave it. */
const percent = (part: number, whole: number): number => (whole > 0 ? Math.round((part / whole) * 1000) / 10 : 0);
