import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {WorkloadStatistics} from '../../../store/resources/workload-statistics.js';
import {processesOf, residentBytes, ticksPerSecond} from './proc.js';

/** The first sample of a program has none before it, so it takes this long. */
const firstLookMs = 100;
const forgottenAfterMs = 600_000;

/** Use of CPU and memory of all processes of a session. CPU is averaged since the sample before. The network is the host's, and not told apart. */
export class Usage {
	readonly #clock: Clock;
	readonly #last = new Map<number, {readonly atMs: number; readonly ticks: number}>();

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	async sample(session: number): Promise<WorkloadStatistics> {
		let before = this.#last.get(session);
		if (before === undefined) {
			before = await this.#moment(session);
			await delay(firstLookMs);
		}
		const now = await this.#moment(session);
		this.#last.set(session, now);
		for (const [other, {atMs}] of this.#last) if (now.atMs - atMs > forgottenAfterMs) this.#last.delete(other);
		const [elapsedMs, usedMs] = [now.atMs - before.atMs, (now.ticks - before.ticks) * 1000 / ticksPerSecond];
		const bytes = await Promise.all((await processesOf(session)).map(async ({pid}) => residentBytes(pid)));
		return {
			cpuMillis: elapsedMs > 0 && usedMs > 0 ? Math.round(usedMs / elapsedMs * 1000) : 0,
			memoryBytes: bytes.reduce((sum, each) => sum + each, 0),
			networkRxBytes: 0, networkTxBytes: 0,
			sampledAt: this.#clock.now().toISOString(),
		};
	}

	async #moment(session: number): Promise<{readonly atMs: number; readonly ticks: number}> {
		const members = await processesOf(session);
		return {atMs: this.#clock.monotonicMs(), ticks: members.reduce((sum, {cpuTicks}) => sum + cpuTicks, 0)};
	}
}
