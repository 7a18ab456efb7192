import type {Connection} from './broker-events.js';
import {mdpLimits} from './limits.js';

/** An outside worker that said READY. */
export interface Worker {
	readonly connection: Connection;
	readonly service: string;
	heardAtMs: number;
	toldAtMs: number;
	/** The request it works on. It stays busy until it replies or is lost, however late. */
	busyWith: string | undefined;
}

/** The outside workers of this node, and the names that are known by them. */
export class Workers {
	readonly #byConnection = new Map<Connection, Worker>();
	/** Those without work, oldest idle first. */
	readonly #idle = new Map<string, Worker[]>();
	readonly #counts = new Map<string, number>();
	/** Rises whenever a name gets its first worker or loses its last. */
	nameChanges = 0;
	/** Names without a worker now, and until when they are known. */
	readonly #knownUntilMs = new Map<string, number>();

	get size(): number {
		return this.#byConnection.size;
	}

	get all(): readonly Worker[] {
		return [...this.#byConnection.values()];
	}

	/** Names that have workers, in order. */
	get services(): readonly string[] {
		return [...this.#counts.keys()].sort();
	}

	get(connection: Connection): Worker | undefined {
		return this.#byConnection.get(connection);
	}

	/** Whether there is room for one more worker of this name. */
	hasRoomFor(service: string): boolean {
		return this.#byConnection.size < mdpLimits.workers && (this.#counts.has(service) || this.#counts.size < mdpLimits.names);
	}

	add(connection: Connection, service: string, nowMs: number): Worker {
		const worker: Worker = {connection, service, heardAtMs: nowMs, toldAtMs: nowMs, busyWith: undefined};
		this.#byConnection.set(connection, worker);
		if (!this.#counts.has(service)) this.nameChanges++;
		this.#counts.set(service, (this.#counts.get(service) ?? 0) + 1);
		this.#knownUntilMs.delete(service);
		this.rest(worker);
		return worker;
	}

	/** Forgets a worker; its name stays known for a while after the last one. */
	remove(worker: Worker, nowMs: number): void {
		if (!this.#byConnection.delete(worker.connection)) return;
		this.#wake(worker);
		const left = (this.#counts.get(worker.service) ?? 1) - 1;
		if (left > 0) {
			this.#counts.set(worker.service, left);
			return;
		}
		this.#counts.delete(worker.service);
		this.nameChanges++;
		this.#knownUntilMs.set(worker.service, nowMs + mdpLimits.knownNameMs);
		const [oldest] = this.#knownUntilMs.keys();
		if (this.#knownUntilMs.size > mdpLimits.names && oldest !== undefined) this.#knownUntilMs.delete(oldest);
	}

	/** Takes names for known that nobody serves, as many as there is room for. */
	remember(names: readonly string[], nowMs: number): void {
		for (const name of names.slice(0, mdpLimits.names)) if (!this.#counts.has(name)) this.#knownUntilMs.set(name, nowMs + mdpLimits.knownNameMs);
	}

	/** Puts a worker behind all that have no work. */
	rest(worker: Worker): void {
		worker.busyWith = undefined;
		const idle = this.#idle.get(worker.service) ?? [];
		idle.push(worker);
		this.#idle.set(worker.service, idle);
	}

	/** The worker of `service` that has had no work for longest. */
	longestIdle(service: string): Worker | undefined {
		return this.#idle.get(service)?.[0];
	}

	/** Gives a worker without work this request. */
	occupy(worker: Worker, requestId: string): void {
		this.#wake(worker);
		worker.busyWith = requestId;
	}

	/** `present` with a worker now, `known` within ten minutes of the last. */
	standing(service: string, nowMs: number): 'present' | 'known' | 'unknown' {
		if (this.#counts.has(service)) return 'present';
		return (this.#knownUntilMs.get(service) ?? 0) > nowMs ? 'known' : 'unknown';
	}

	#wake(worker: Worker): void {
		const idle = this.#idle.get(worker.service);
		const at = idle?.indexOf(worker) ?? -1;
		if (at !== -1) idle?.splice(at, 1);
		if (idle?.length === 0) this.#idle.delete(worker.service);
	}
}
