import type {Observation} from '../ports/engine.js';

/** What was last seen in a slot; `observed` is absent when the slot was seen empty. */
export interface Known {
	readonly observed: Observation | undefined;
}

/**
 * What the engines said last, by uid, so that a look at a converged node asks nobody. Hints make it forget, and an answer that was asked for
 * before the hint came is not believed.
 */
export class Observations {
	readonly #known = new Map<string, Known & {readonly at: number}>();
	readonly #heard = new Map<string, number>();
	#heardOfAll = 0;
	#now = 0;

	/** Take this before asking an engine, and hand it to `learn` with the answer. */
	moment(): number {
		this.#now += 1;
		return this.#now;
	}

	get(uid: string): Known | undefined {
		return this.#known.get(uid);
	}

	/** An answer asked for at `moment`. Ignored when something newer is known or was heard of. */
	learn(uid: string, observed: Observation | undefined, moment: number): void {
		const newest = Math.max(this.#known.get(uid)?.at ?? 0, this.#heard.get(uid) ?? 0, this.#heardOfAll);
		if (newest > moment) return;
		this.#heard.delete(uid);
		this.#known.set(uid, {observed, at: this.moment()});
	}

	/**
	 * What a list says, which tells less than an inspection: absence is learned; one that looks as it was known to keeps what is known;
	 * otherwise the next look inspects.
	 */
	glance(uid: string, listed: Observation | undefined, moment: number): void {
		if (!listed) {
			this.learn(uid, undefined, moment);
			return;
		}
		const known = this.#known.get(uid);
		if (known && known.at <= moment && !looksTheSame(known.observed, listed)) this.#known.delete(uid);
	}

	/** Something changed there. */
	forget(uid: string): void {
		this.#known.delete(uid);
		this.#heard.set(uid, this.moment());
	}

	/** Anything may have changed. */
	forgetAll(): void {
		this.#known.clear();
		this.#heard.clear();
		this.#heardOfAll = this.moment();
	}

	/** The Instance is gone: nothing is remembered of it. */
	drop(uid: string): void {
		this.#known.delete(uid);
		this.#heard.delete(uid);
	}
}

function looksTheSame(known: Observation | undefined, listed: Observation): boolean {
	if (!known) return false;
	const isHealthSame = listed.state !== 'running' || known.health === listed.health;
	return isHealthSame && known.engineId === listed.engineId && known.state === listed.state && known.name === listed.name;
}
