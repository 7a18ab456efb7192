import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {HealthChecks} from './health-checks.js';
import type {Locks} from './locks.js';
import type {Programs} from './programs.js';
import type {Records, Slot} from './records.js';
import {rotate} from './run-logs.js';

/** How often a program that an earlier agent started is looked at, and every log measured. The end of this agent's own programs is told by the kernel. */
const lookEveryMs = 1000;
const leastPauseMs = 50;

/** What watching needs. */
export interface WatchOptions {
	readonly records: Records;
	readonly programs: Programs;
	readonly health: HealthChecks;
	readonly locks: Locks;
	readonly clock: Clock;
	readonly log: Log;
	readonly onChange: (slot: Slot) => void;
}

/** Looks after what runs: notes ends, cuts logs, asks for health. While nothing runs it sleeps. */
export class Watch {
	readonly #options: WatchOptions;
	readonly #running = new Map<string, Slot>();
	#timer: NodeJS.Timeout | undefined;
	#isClosed = false;

	constructor(options: WatchOptions) {
		this.#options = options;
	}

	/** Tells of a slot as it stands: what runs is looked after from now on. */
	know(slot: Slot): void {
		const {run} = slot.record;
		if (run === undefined || run.finishedAt !== undefined) this.forget(slot);
		else this.#running.set(slot.name, slot);
		this.#wake();
	}

	/** Nothing runs in the slot any more. */
	forget(slot: Slot): void {
		this.#running.delete(slot.name);
		this.#options.health.forget(slot);
	}

	/** Looks at one slot now. Never rejects. */
	async look(name: string): Promise<void> {
		const {records, programs, health, locks, log, clock, onChange} = this.#options;
		const known = this.#running.get(name);
		if (known === undefined || this.#isClosed) return;
		try {
			if (await programs.state(known) === 'ended') {
				const ended = await locks.run(name, async () => {
					const now = await records.own({name, uid: known.record.uid});
					return now === undefined ? undefined : programs.settle(now);
				});
				if (ended === undefined) this.forget(known);
				else this.know(ended);
				onChange(ended ?? known);
				return;
			}
			const {run} = known.record;
			if (run !== undefined) await rotate({directory: records.folder(name), number: run.number});
			health.look(known, clock.monotonicMs(), () => onChange(known));
		} catch (error) {
			log.warn('a program could not be looked after', {name, error});
		}
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#timer);
	}

	#wake(): void {
		if (this.#isClosed || this.#timer !== undefined || this.#running.size === 0) return;
		const pauseMs = Math.max(leastPauseMs, Math.min(lookEveryMs, this.#options.health.nextMs(this.#options.clock.monotonicMs())));
		this.#timer = setTimeout(() => void this.#lookAtAll(), pauseMs).unref();
	}

	async #lookAtAll(): Promise<void> {
		await Promise.all([...this.#running.keys()].map(async name => this.look(name)));
		this.#timer = undefined;
		this.#wake();
	}
}
