import type {Body} from './frames.js';
import {mdpLimits} from './limits.js';

interface Kept {
	readonly peer: string;
	readonly bodies: readonly Body[];
	readonly bytes: number;
	readonly untilMs: number;
}

/**
 * Answers that were given, for requests that come again because the answer was lost: the effect happens once. Per peer the last 1 000 and
 * 4 MiB, for ten minutes.
 */
export class KeptAnswers {
	/** In order of keeping, so that the oldest of a peer comes first. */
	readonly #byKey = new Map<string, Kept>();
	readonly #loads = new Map<string, {readonly count: number; readonly bytes: number}>();

	get size(): number {
		return this.#byKey.size;
	}

	keep({peer, key, bodies, bytes, nowMs}: {readonly peer: string; readonly key: string; readonly bodies: readonly Body[]; readonly bytes: number; readonly nowMs: number}): void {
		if (bytes > mdpLimits.keptAnswerBytes) return;
		this.#forget(key);
		this.#byKey.set(key, {peer, bodies, bytes, untilMs: nowMs + mdpLimits.keptAnswerMs});
		this.#count(peer, 1, bytes);
		for (const [oldKey, old] of this.#byKey) {
			const {count, bytes: kept} = this.#loads.get(peer) ?? {count: 0, bytes: 0};
			if (count <= mdpLimits.keptAnswers && kept <= mdpLimits.keptAnswerBytes) break;
			if (old.peer === peer) this.#forget(oldKey);
		}
	}

	get(key: string | undefined): readonly Body[] | undefined {
		return key === undefined ? undefined : this.#byKey.get(key)?.bodies;
	}

	/** Lets go of what is too old; when the next one is, if there is any. */
	expire(nowMs: number): void {
		for (const [key, {untilMs}] of this.#byKey) {
			if (untilMs > nowMs) return;
			this.#forget(key);
		}
	}

	#forget(key: string): void {
		const kept = this.#byKey.get(key);
		if (kept === undefined) return;
		this.#byKey.delete(key);
		this.#count(kept.peer, -1, -kept.bytes);
	}

	#count(peer: string, count: number, bytes: number): void {
		const load = this.#loads.get(peer) ?? {count: 0, bytes: 0};
		if (load.count + count === 0) this.#loads.delete(peer);
		else this.#loads.set(peer, {count: load.count + count, bytes: load.bytes + bytes});
	}
}
