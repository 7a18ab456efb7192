import {Subject, type Observable} from 'rxjs';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {EngineHint, Observation, Workload, WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {LogLine} from '../../../store/resources/log-line.js';
import type {MountedFile} from '../../../store/resources/files.js';
import type {Resources} from '../../../store/resources/image.js';
import {cpuMillis, memoryBytes} from '../../../reconcilers/placement/quantity.js';
import type {Script} from './script.js';

/** One simulated instance. Changed in place: there may be ten thousand, and nobody else sees it. */
interface Simulated {
	readonly workload: Workload;
	readonly script: Script;
	readonly createdAt: string;
	readonly engineId: string;
	name: string;
	state: Observation['state'];
	limits: Observation['limits'];
	startedAt?: string;
	finishedAt?: string;
	exitCode?: number;
	healthyAtMs?: number;
	unhealthy: boolean;
	timers: NodeJS.Timeout[];
	runs: LogLine[][];
	files: readonly MountedFile[];
	hangUps: number;
}

/** Limits as the engine holds them. */
export const limitsOf = ({cpu, memory}: Resources): Observation['limits'] => ({...(cpu === undefined ? {} : {cpuMillis: cpuMillis(cpu)}), ...(memory === undefined ? {} : {memoryBytes: memoryBytes(memory)})});

/** All simulated instances by name. A timer exists only where a script says that something will happen; none of them keeps the process alive. */
export class World {
	readonly #clock: Clock;
	readonly #instances = new Map<string, Simulated>();
	readonly #nameOf = new Map<string, string>();
	readonly #hints = new Subject<EngineHint>();
	#created = 0;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	get hints(): Observable<EngineHint> {
		return this.#hints.asObservable();
	}

	say(hint: EngineHint): void {
		this.#hints.next(hint);
	}

	/** What is in the slot: found by name, or by uid when it was renamed. */
	find({name, uid}: WorkloadReference): Simulated | undefined {
		return this.#instances.get(name) ?? this.own(uid);
	}

	/** The very instance of this uid, whoever has its slot meanwhile. */
	own(uid: string): Simulated | undefined {
		return this.#instances.get(this.#nameOf.get(uid) ?? '');
	}

	all(): readonly Simulated[] {
		return [...this.#instances.values()];
	}

	create(workload: Workload, script: Script): Simulated {
		this.#created += 1;
		const instance: Simulated = {workload, script, name: workload.name, createdAt: this.#now(), engineId: `simulated-${this.#created}`, state: 'created', limits: limitsOf(workload.template.resources), unhealthy: false, timers: [], runs: [], files: [], hangUps: 0};
		this.#instances.set(workload.name, instance);
		this.#nameOf.set(workload.uid, workload.name);
		this.#changed(instance);
		return instance;
	}

	start(instance: Simulated): void {
		if (instance.state === 'running') return;
		const resumed = instance.state === 'paused';
		instance.state = 'running';
		if (!resumed) {
			const {script} = instance;
			instance.startedAt = this.#now();
			instance.unhealthy = false;
			instance.runs = [...instance.runs.slice(-1), script.logs.map(text => ({stream: 'stdout', text}))];
			if (script.healthy_after_ms !== undefined) {
				instance.healthyAtMs = this.#clock.monotonicMs() + script.healthy_after_ms;
				this.#later(instance, script.healthy_after_ms, () => this.#changed(instance));
			}
			if (script.run_for_ms !== undefined) this.#later(instance, script.run_for_ms, () => this.end(instance, script.exit_code));
		}
		this.#changed(instance);
	}

	end(instance: Simulated, exitCode: number): void {
		if (instance.state !== 'running' && instance.state !== 'paused') return;
		this.#clear(instance);
		instance.state = 'exited';
		instance.exitCode = exitCode;
		instance.finishedAt = this.#now();
		this.#changed(instance);
	}

	pause(instance: Simulated): void {
		instance.state = 'paused';
		this.#changed(instance);
	}

	markUnhealthy(instance: Simulated): void {
		instance.unhealthy = true;
		this.#changed(instance);
	}

	limit(instance: Simulated, limits: Observation['limits']): void {
		instance.limits = limits;
		this.#changed(instance);
	}

	/** Nothing reads them: they are there to be looked at. */
	renewFiles(instance: Simulated, files: readonly MountedFile[], {hangUp}: {readonly hangUp: boolean}): void {
		instance.files = files;
		if (hangUp && instance.state === 'running') instance.hangUps += 1;
	}

	rename(instance: Simulated, name: string): void {
		this.#instances.delete(instance.name);
		instance.name = name;
		this.#instances.set(name, instance);
		this.#nameOf.set(instance.workload.uid, name);
		this.#changed(instance);
	}

	remove(instance: Simulated): void {
		this.#clear(instance);
		this.#instances.delete(instance.name);
		this.#nameOf.delete(instance.workload.uid);
		this.#changed(instance);
	}

	close(): void {
		for (const instance of this.#instances.values()) this.#clear(instance);
		this.#hints.complete();
	}

	observe(instance: Simulated): Observation {
		const {workload, state} = instance;
		const ended = state === 'exited';
		return {
			name: instance.name, namespace: workload.namespace, service: workload.service, image: workload.template.name, uid: workload.uid,
			slot: workload.slot, binding: workload.binding, specHash: workload.specHash, state, health: this.#health(instance),
			engineId: instance.engineId, contentId: contentIdOf(workload.template.image), createdAt: instance.createdAt, limits: instance.limits,
			ports: Object.entries(instance.script.ports).map(([port, host]) => ({container: Number.parseInt(port, 10), host, protocol: protocolOf(port)})),
			...(instance.startedAt === undefined ? {} : {startedAt: instance.startedAt}),
			...(ended && instance.finishedAt !== undefined ? {finishedAt: instance.finishedAt} : {}),
			...(ended && instance.exitCode !== undefined ? {exitCode: instance.exitCode} : {}),
		};
	}

	#health({script, unhealthy, healthyAtMs}: Simulated): Observation['health'] {
		if (unhealthy) return 'unhealthy';
		if (script.healthy_after_ms === undefined) return 'none';
		return healthyAtMs !== undefined && this.#clock.monotonicMs() >= healthyAtMs ? 'healthy' : 'starting';
	}

	#later(instance: Simulated, delayMs: number, act: () => void): void {
		instance.timers.push(setTimeout(act, delayMs).unref());
	}

	#clear(instance: Simulated): void {
		for (const timer of instance.timers) clearTimeout(timer);
		instance.timers = [];
	}

	#changed({workload: {uid, namespace, instance}}: Simulated): void {
		this.#hints.next({kind: 'changed', uid, namespace, instance});
	}

	#now(): string {
		return this.#clock.now().toISOString();
	}
}

/** Simulated images have a content that follows from their name. */
export const contentIdOf = (reference: string): string => `simulated:${reference}`;

/** The protocol of `80/udp`; tcp when none is said. */
export function protocolOf(port: string): 'tcp' | 'udp' | 'sctp' {
	const protocol = port.split('/')[1];
	return protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp';
}
