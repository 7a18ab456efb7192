import type {KeptAnswer} from './exchange.js';

const perPeerLimit = 1000;
const rememberedMs = 600_000;
const rememberedBytesLimit = 8 * 2 ** 20;
/** A request that outlives its deadline by this much will not be answered any more. */
const overdueMs = 60_000;

interface Done {
	readonly answer: KeptAnswer;
	readonly bytes: number;
	readonly atMs: number;
}

interface Running<T> {
	readonly exchange: T;
	readonly untilMs: number;
}

interface Peer<T> {
	readonly running: Map<string, Running<T>>;
	/** Oldest first. */
	readonly done: Map<string, Done>;
}

/** What to do with a request: perform it, give its answer again, wait with whoever asked it first, or fail it because its sender has too many running. */
export type Reception<T> =
	| {readonly kind: 'run'}
	| {readonly kind: 'repeat'; readonly answer: KeptAnswer}
	| {readonly kind: 'join'; readonly exchange: T}
	| {readonly kind: 'busy'};

/**
 * Makes at least once into effect once: remembers the answers of the last 1 000 ids per peer for 10 minutes, and 8 MiB in all, oldest out first.
 * `T` is whatever answers a running request.
 */
export class Answers<T> {
	readonly #peers = new Map<string, Peer<T>>();
	#bytes = 0;

	/** Bytes of all remembered answers. */
	get bytes(): number {
		return this.#bytes;
	}

	/** Receives the request `id` of `nodeId`. After `run` the caller must `finish` it. */
	receive(nodeId: string, id: string, {nowMs, deadlineMs, exchange}: {nowMs: number; deadlineMs: number; exchange: T}): Reception<T> {
		const peer: Peer<T> = this.#peers.get(nodeId) ?? {running: new Map(), done: new Map()};
		this.#peers.set(nodeId, peer);
		this.#expire(peer, nowMs);
		const done = peer.done.get(id);
		if (done !== undefined) return {kind: 'repeat', answer: done.answer};
		const running = peer.running.get(id);
		if (running !== undefined) return {kind: 'join', exchange: running.exchange};
		if (peer.running.size >= perPeerLimit) return {kind: 'busy'};
		peer.running.set(id, {exchange, untilMs: nowMs + deadlineMs + overdueMs});
		return {kind: 'run'};
	}

	/** Remembers the answer of a running request; one without any is forgotten. */
	finish(nodeId: string, id: string, {nowMs, answer}: {nowMs: number; answer: KeptAnswer}): void {
		const peer = this.#peers.get(nodeId);
		if (peer?.running.delete(id) !== true || answer.length === 0) return;
		const bytes = answer.reduce((sum, packed) => sum + packed.length, id.length);
		peer.done.set(id, {answer, bytes, atMs: nowMs});
		this.#bytes += bytes;
		this.#expire(peer, nowMs);
		while (this.#bytes > rememberedBytesLimit) this.#dropOldest();
	}

	/** What answers the running request, if there is one. */
	running(nodeId: string, id: string): T | undefined {
		return this.#peers.get(nodeId)?.running.get(id)?.exchange;
	}

	/** Forgets everything of a node that is no member any more. */
	forget(nodeId: string): void {
		const peer = this.#peers.get(nodeId);
		for (const id of [...(peer?.done.keys() ?? [])]) this.#drop(peer, id);
		this.#peers.delete(nodeId);
	}

	#expire(peer: Peer<T>, nowMs: number): void {
		for (const [id, {atMs}] of peer.done) {
			if (peer.done.size <= perPeerLimit && nowMs - atMs < rememberedMs) break;
			this.#drop(peer, id);
		}
		if (peer.running.size < perPeerLimit) return;
		for (const [id, {untilMs}] of peer.running) {
			if (untilMs < nowMs) peer.running.delete(id);
		}
	}

	#dropOldest(): void {
		let oldest: {peer: Peer<T>; id: string; atMs: number} | undefined;
		for (const peer of this.#peers.values()) {
			const [first] = peer.done;
			if (first !== undefined && (oldest === undefined || first[1].atMs < oldest.atMs)) oldest = {peer, id: first[0], atMs: first[1].atMs};
		}
		if (oldest !== undefined) this.#drop(oldest.peer, oldest.id);
	}

	#drop(peer: Peer<T> | undefined, id: string): void {
		this.#bytes -= peer?.done.get(id)?.bytes ?? 0;
		peer?.done.delete(id);
	}
}
