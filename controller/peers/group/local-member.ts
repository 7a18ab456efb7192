import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Store} from '../../../store/store.js';
import {withoutGroup} from './durable.js';
import type {GroupEvent} from './events.js';
import type {Message} from './messages.js';
import type {Periods} from './periods.js';
import {Runner} from './runner.js';
import type {Tell} from './telling.js';
import {putVow, type Vow} from './vows.js';

/** What a member that lives here needs of its node. */
export interface LocalMemberOptions {
	readonly id: string;
	readonly store: Store;
	readonly periods: Periods;
	readonly clock: Clock;
	readonly log: Log;
	readonly send: (to: string, message: Message) => void;
	readonly broadcast: (message: Message) => void;
	/** How whoever it stands for is told, until the signal aborts. */
	readonly teller: (signal: AbortSignal) => Tell;
	/** Whenever it starts, before anything else. */
	readonly started: (give: (event: GroupEvent) => void) => void;
	/** It has learned or become something else. */
	readonly changed: () => void;
}

/** A node or a program of this node as a member of a group: what it has vowed, and, while it is there, its machine. */
export class LocalMember {
	readonly #options: LocalMemberOptions;
	#vow: Vow;
	#runner: Runner | undefined;
	#telling = new AbortController();
	#kept: Promise<unknown> = Promise.resolve();
	readonly #onLeft = new Set<() => void>();

	constructor(vow: Vow, options: LocalMemberOptions) {
		this.#vow = vow;
		this.#options = options;
	}

	get id(): string {
		return this.#options.id;
	}

	get vow(): Vow {
		return this.#vow;
	}

	/** Undefined while it is away, because its program is. */
	get runner(): Runner | undefined {
		return this.#runner;
	}

	/** Remembers something else, once all that was to be remembered before is: a vote that is on its way to the disk must not be written over. Resolves once it is on disk. */
	async keep(change: (vow: Vow) => Partial<Vow>): Promise<void> {
		const keeping = this.#kept.then(async () => {
			const vow = {...this.#vow, ...change(this.#vow)};
			await putVow(this.#options.store, vow);
			this.#vow = vow;
			this.#options.changed();
		});
		this.#kept = keeping.catch(() => undefined);
		return keeping;
	}

	/** Takes part, if it does not. */
	start(): void {
		if (this.#runner !== undefined || this.#vow.standing === 'left') return;
		const {id, periods, clock, log, send, broadcast, teller, started, changed} = this.#options;
		this.#telling = new AbortController();
		const tell = teller(this.#telling.signal);
		const give = (event: GroupEvent): void => runner.give(event);
		const runner = new Runner({
			member: {id, kind: this.#vow.memberKind}, periods, durable: this.#vow.durable, clock, log, send, broadcast,
			store: async durable => this.keep(() => ({durable})),
			tell: event => {
				changed();
				tell(event, give);
			},
			left: () => void this.#leftGroup(),
		});
		this.#runner = runner;
		started(give);
		if (this.#vow.standing === 'leaving') give({type: 'leave'});
		give({type: 'tick'});
	}

	/** Is away: known, but not heard. */
	stop(): void {
		this.#telling.abort();
		this.#runner?.stop();
		this.#runner = undefined;
		this.#options.changed();
	}

	/** Leaves the group. Resolves with true once the group has accepted that, with false when it has not by the time the signal aborts: it goes on trying. */
	async leave(signal: AbortSignal): Promise<boolean> {
		await this.keep(() => ({standing: 'leaving'}));
		const left = new Promise<boolean>(resolve => {
			const settle = (): void => resolve(true);
			this.#onLeft.add(settle);
			const giveUp = (): void => {
				this.#onLeft.delete(settle);
				resolve(false);
			};
			if (signal.aborted) giveUp();
			else signal.addEventListener('abort', giveUp, {once: true});
		});
		this.start();
		this.#runner?.give({type: 'leave'});
		return left;
	}

	async #leftGroup(): Promise<void> {
		this.stop();
		// Should this fail, it leaves once more after a restart.
		await this.keep(({durable}) => ({standing: 'left', durable: withoutGroup(durable)})).catch((error: unknown) => this.#options.log.warn('that a member left its group could not be stored', {member: this.id, error}));
		for (const settle of this.#onLeft) settle();
		this.#onLeft.clear();
	}
}
