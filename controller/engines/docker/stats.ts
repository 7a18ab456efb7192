import {z} from 'zod';
import {EngineError, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {WorkloadStatistics} from '../../../store/resources/workload-statistics.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';

const Cpu = z.object({cpu_usage: z.object({total_usage: z.number().catch(0)}).catch({total_usage: 0})}).catch({cpu_usage: {total_usage: 0}});
const Sample = z.object({
	read: z.string(),
	preread: z.string().catch(''),
	cpu_stats: Cpu,
	precpu_stats: Cpu,
	memory_stats: z.object({usage: z.number().catch(0), stats: z.record(z.string(), z.number()).catch({})}).catch({usage: 0, stats: {}}),
	networks: z.record(z.string(), z.object({rx_bytes: z.number().catch(0), tx_bytes: z.number().catch(0)})).nullish(),
});

interface Moment {
	readonly atMs: number;
	readonly usedNanoseconds: number;
}

const forgottenAfterMs = 600_000;

/** Use of CPU, memory and network. CPU is averaged since the sample before; the first of a container takes Docker about a second. */
export class StatsSampler {
	readonly #api: EngineApi;
	readonly #containers: Containers;
	readonly #last = new Map<string, Moment>();

	constructor(api: EngineApi, containers: Containers) {
		this.#api = api;
		this.#containers = containers;
	}

	async sample(reference: WorkloadReference, signal: AbortSignal): Promise<WorkloadStatistics> {
		const stats = await this.#containers.withId(reference, signal, async id => this.#sampleOf(id, signal));
		if (stats === undefined) throw new EngineError('NotFound', `There is no container ${reference.name}`, {transient: true});
		return stats;
	}

	async #sampleOf(id: string, signal: AbortSignal): Promise<WorkloadStatistics> {
		const before = this.#last.get(id);
		const query = {stream: false, ...(before === undefined ? {} : {'one-shot': true})};
		const sample = Sample.parse(await this.#api.read({what: `measure the container ${id.slice(0, 12)}`, deadlineMs: this.#api.deadlines.listMs, signal}, {path: `/containers/${id}/stats`, query}));
		const now = {atMs: Date.parse(sample.read), usedNanoseconds: sample.cpu_stats.cpu_usage.total_usage};
		const since = before ?? {atMs: Date.parse(sample.preread), usedNanoseconds: sample.precpu_stats.cpu_usage.total_usage};
		this.#remember(id, now);
		const {usage, stats} = sample.memory_stats;
		const [elapsedMs, usedMs] = [now.atMs - since.atMs, (now.usedNanoseconds - since.usedNanoseconds) / 1e6];
		const networks = Object.values(sample.networks ?? {});
		return {
			cpuMillis: elapsedMs > 0 && usedMs > 0 ? Math.round(usedMs / elapsedMs * 1000) : 0,
			// The kernel takes cached pages back at need; docker stats leaves them out too. The names are those of cgroups 2 and 1.
			memoryBytes: Math.max(0, usage - (stats['inactive_file'] ?? stats['total_inactive_file'] ?? 0)),
			networkRxBytes: networks.reduce((sum, each) => sum + each.rx_bytes, 0),
			networkTxBytes: networks.reduce((sum, each) => sum + each.tx_bytes, 0),
			sampledAt: sample.read,
		};
	}

	#remember(id: string, moment: Moment): void {
		this.#last.set(id, moment);
		for (const [other, {atMs}] of this.#last) if (moment.atMs - atMs > forgottenAfterMs) this.#last.delete(other);
	}
}
