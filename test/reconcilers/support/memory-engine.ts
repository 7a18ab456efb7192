import {Subject} from 'rxjs';
import type {Observable} from 'rxjs';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {Engine, EngineHint, Observation, Workload, WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {Refusal} from '../../../store/resources/refusal.js';
import {cpuMillis, memoryBytes} from '../../../reconcilers/placement/quantity.js';
import type {ImageTemplate, Resources} from '../../../store/resources/image.js';

type Mutable = {-readonly [K in keyof Observation]: Observation[K]};

/** A world that outlives the agents of a test: containers by name, and everything that was asked. */
export class World {
	readonly containers = new Map<string, Mutable>();
	readonly images = new Set<string>(['app:1', 'app:2', 'app:3']);
	/** Names for which the engine broke its promise of one container per slot. */
	readonly calls: string[] = [];
	readonly hints = new Subject<EngineHint>();
	up = true;
	/** Awaited before every call. */
	hold: (call: string) => Promise<unknown> | undefined = () => undefined;
	/** Called before every call; throwing there is the call's failure before it happened. */
	before: (call: string) => void = () => undefined;
	/** Called after every changing call has happened; throwing there loses its answer. */
	after: (call: string) => void = () => undefined;
	ids = 0;

	of(uid: string): Mutable | undefined {
		return [...this.containers.values()].find(one => one.uid === uid);
	}

	running(): Mutable[] {
		return [...this.containers.values()].filter(one => one.state === 'running');
	}

	/** What happens to a container without the agent's doing. */
	change(name: string, change: Partial<Mutable>): void {
		const container = this.containers.get(name)!;
		Object.assign(container, change);
		this.hint(container);
	}

	kill(name: string, exitCode = 137): void {
		this.change(name, {state: 'exited', exitCode, finishedAt: new Date().toISOString()});
	}

	delete(name: string): void {
		const container = this.containers.get(name)!;
		this.containers.delete(name);
		this.hint(container);
	}

	hint({uid, namespace, name}: Pick<Mutable, 'uid' | 'namespace' | 'name'>): void {
		queueMicrotask(() => this.hints.next({kind: 'changed', uid, namespace, instance: name}));
	}
}

/** An engine for tests of the reconcilers alone: exact, at once, and breakable at every call. */
export class MemoryEngine implements Engine {
	readonly name = 'memory';
	readonly #world: World;

	constructor(world: World) {
		this.#world = world;
	}

	async #call<T>(call: string, signal: AbortSignal, work: () => T): Promise<T> {
		this.#world.calls.push(call);
		await new Promise(resolve => {
			setImmediate(resolve);
		});
		await this.#world.hold(call);
		if (signal.aborted) throw new EngineError('Aborted', 'aborted', {transient: true});
		if (!this.#world.up) throw new EngineError('Unavailable', 'the engine does not answer', {transient: true});
		this.#world.before(call);
		const result = work();
		this.#world.after(call);
		return result;
	}

	health({signal}: {signal: AbortSignal}) {
		return this.#call('health', signal, () => ({healthy: true, version: '1', message: ''}));
	}

	review(template: ImageTemplate): readonly Refusal[] {
		return template.parameters['privileged'] === true ? [{kind: 'forbidden', field: 'parameters.privileged', rule: 'NoPrivileged', message: 'privileged is not allowed here', fix: 'Allow it on the node'}] : [];
	}

	prepare({template}: Workload, {signal}: {signal: AbortSignal}) {
		return this.#call(`prepare ${template.image}`, signal, () => {
			if (!this.#world.images.has(template.image)) throw new EngineError('ImageUnavailable', `no image ${template.image}`, {transient: true});
			return {contentId: `sha256:${template.image}`};
		});
	}

	start(workload: Workload, {signal}: {signal: AbortSignal}) {
		return this.#call(`start ${workload.name}`, signal, () => {
			const existing = this.#world.containers.get(workload.name);
			if (existing && (existing.uid !== workload.uid || existing.specHash !== workload.specHash)) throw new EngineError('NameConflict', `${workload.name} is taken`, {transient: true});
			const ports = this.hostPorts(workload.template);
			const taken = ports.find(port => this.#world.running().some(one => one.name !== workload.name && one.ports.some(held => held.host === port.host)));
			if (taken) throw new EngineError('PortTaken', `port ${taken.host} is taken`, {transient: true});
			if (workload.template.parameters['broken'] === true) throw new EngineError('StartFailed', 'no such command', {transient: true});
			const container: Mutable = existing ?? {
				name: workload.name, namespace: workload.namespace, service: workload.service, image: workload.template.name, uid: workload.uid,
				slot: workload.slot, binding: workload.binding, specHash: workload.specHash, state: 'created', health: 'none', engineId: `id${this.#world.ids += 1}`,
				contentId: `sha256:${workload.template.image}`, ports: [], limits: limitsOf(workload.template.resources),
			};
			Object.assign(container, {state: 'running', startedAt: new Date().toISOString(), ports: ports.map(({host}) => ({container: 80, host, protocol: 'tcp'}))});
			if (container.health === 'unhealthy') container.health = 'starting';
			this.#world.containers.set(container.name, container);
			this.#world.hint(container);
			return {...container};
		});
	}

	stop({name, uid}: WorkloadReference, {signal}: {signal: AbortSignal}) {
		return this.#call(`stop ${name}`, signal, () => {
			const container = this.#world.containers.get(name);
			if (container?.uid === uid && container.state !== 'exited') this.#world.kill(name, 0);
		});
	}

	remove({name, uid}: WorkloadReference, {signal}: {signal: AbortSignal}) {
		return this.#call(`remove ${name}`, signal, () => {
			if (this.#world.containers.get(name)?.uid === uid) this.#world.delete(name);
		});
	}

	tidy() {
		return Promise.resolve();
	}

	update({name}: WorkloadReference, limits: Resources, {signal}: {signal: AbortSignal}) {
		return this.#call(`update ${name}`, signal, () => {
			const container = this.#world.containers.get(name)!;
			if (container.limits.memoryBytes !== undefined && limits.memory === undefined) return false;
			container.limits = limitsOf(limits);
			return true;
		});
	}

	inspect({name, uid}: WorkloadReference, {signal}: {signal: AbortSignal}) {
		return this.#call(`inspect ${name}`, signal, () => {
			const renamed = this.#world.of(uid);
			if (renamed && renamed.name !== name) {
				this.#world.containers.delete(renamed.name);
				renamed.name = name;
				this.#world.containers.set(name, renamed);
			}
			const found = this.#world.containers.get(name);
			return found && {...found};
		});
	}

	list({signal}: {signal: AbortSignal}) {
		return this.#call('list', signal, () => [...this.#world.containers.values()].map(({startedAt: _, finishedAt: __, ...one}) => ({...one, limits: {}})));
	}

	events(): Observable<EngineHint> {
		return this.#world.hints.asObservable();
	}

	hostPorts({parameters}: ImageTemplate): readonly {host: number; protocol: 'tcp'}[] {
		return typeof parameters['port'] === 'number' ? [{host: parameters['port'], protocol: 'tcp'}] : [];
	}

	volumes() {
		return [];
	}

	logs(): never {
		throw new Error('not asked here');
	}

	stats(): never {
		throw new Error('not asked here');
	}

	exec(): never {
		throw new Error('not asked here');
	}

	[Symbol.asyncDispose]() {
		return Promise.resolve();
	}
}

function limitsOf(resources: Resources): {cpuMillis?: number; memoryBytes?: number} {
	return {
		...(resources.cpu === undefined ? {} : {cpuMillis: cpuMillis(resources.cpu)}),
		...(resources.memory === undefined ? {} : {memoryBytes: memoryBytes(resources.memory)}),
	};
}
