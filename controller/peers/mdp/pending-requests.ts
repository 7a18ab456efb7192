import type {Connection} from './broker-events.js';
import {mdpLimits} from './limits.js';
import type {Pending} from './pending.js';

interface Load {
	count: number;
	bytes: number;
}

/** All unanswered requests: bounded per service and in all, found by id and by key, and in order for each service's workers. */
export class PendingRequests {
	readonly #byId = new Map<string, Pending>();
	readonly #byKey = new Map<string, Pending>();
	readonly #waiting = new Map<string, Pending[]>();
	readonly #loads = new Map<string, Load>();
	#bytes = 0;

	get size(): number {
		return this.#byId.size;
	}

	/** Bytes of all unanswered requests. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Why one more request of `bytes` is not taken, or undefined. */
	fullFor(service: string, bytes: number): string | undefined {
		const load = this.#loads.get(service) ?? {count: 0, bytes: 0};
		if (load.count >= mdpLimits.serviceRequests) return `${load.count} requests to ${service} wait for their answers already`;
		if (load.bytes + bytes > mdpLimits.serviceBytes) return `requests to ${service} hold ${load.bytes} bytes already`;
		if (this.#byId.size >= mdpLimits.requests || this.#bytes + bytes > mdpLimits.requestBytes) return 'this node has too many requests without an answer';
		return undefined;
	}

	add(pending: Pending): void {
		this.#byId.set(pending.id, pending);
		if (pending.key !== undefined) this.#byKey.set(pending.key, pending);
		const load = this.#loads.get(pending.service) ?? {count: 0, bytes: 0};
		this.#loads.set(pending.service, {count: load.count + 1, bytes: load.bytes + pending.bytes});
		this.#bytes += pending.bytes;
	}

	get(id: string): Pending | undefined {
		return this.#byId.get(id);
	}

	withKey(key: string | undefined): Pending | undefined {
		return key === undefined ? undefined : this.#byKey.get(key);
	}

	/** Forgets a request that is answered. */
	remove(pending: Pending): void {
		if (!this.#byId.delete(pending.id)) return;
		// Another program's request may have the same key.
		if (pending.key !== undefined && this.#byKey.get(pending.key) === pending) this.#byKey.delete(pending.key);
		const load = this.#loads.get(pending.service);
		if (load !== undefined && load.count > 1) this.#loads.set(pending.service, {count: load.count - 1, bytes: load.bytes - pending.bytes});
		else this.#loads.delete(pending.service);
		this.#bytes -= pending.bytes;
		if (pending.holder === undefined) this.#unqueue(pending);
	}

	/** Waits for a worker behind all others, or before them when a worker was lost over it. */
	enqueue(pending: Pending, where: 'last' | 'first'): void {
		pending.holder = undefined;
		const queue = this.#waiting.get(pending.service) ?? [];
		if (where === 'last') queue.push(pending);
		else queue.unshift(pending);
		this.#waiting.set(pending.service, queue);
	}

	/** The request that waits longest for a worker of `service`; it waits no more. */
	next(service: string): Pending | undefined {
		const queue = this.#waiting.get(service);
		const first = queue?.shift();
		if (queue?.length === 0) this.#waiting.delete(service);
		return first;
	}

	/** Those whose deadline has come. */
	due(nowMs: number): readonly Pending[] {
		return [...this.#byId.values()].filter(pending => pending.dueAtMs <= nowMs);
	}

	/** Those whose answer would go to `connection`. */
	to(connection: Connection): readonly Pending[] {
		return [...this.#byId.values()].filter(pending => pending.to === connection);
	}

	#unqueue(pending: Pending): void {
		const queue = this.#waiting.get(pending.service);
		const at = queue?.indexOf(pending) ?? -1;
		if (at !== -1) queue?.splice(at, 1);
		if (queue?.length === 0) this.#waiting.delete(pending.service);
	}
}
