import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import {neverJoined} from './durable.js';
import type {GroupEvent, MemberEvent} from './events.js';
import type {Periods} from './periods.js';
import {Runner} from './runner.js';
import type {GroupState} from './state.js';

/** What a listener stands on. */
export interface ListenerOptions {
	readonly nodeId: string;
	readonly periods: Periods;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
	readonly changed: () => void;
}

/** A member that says nothing and so is never known, but hears everything: what a node sees of a group, whether or not it has members in it. */
export class Listener {
	readonly #runner: Runner;
	readonly #watchers = new Set<(event: MemberEvent) => void>();

	constructor({nodeId, periods, clock, log, changed}: ListenerOptions) {
		const nothing = (): void => undefined;
		this.#runner = new Runner({
			member: {id: `${nodeId}/*`, kind: ''}, periods, durable: neverJoined, clock, log, send: nothing, broadcast: nothing, left: nothing,
			store: async () => {
				changed();
				return Promise.resolve();
			},
			tell: event => {
				changed();
				for (const tell of this.#watchers) tell(event);
			},
		});
		this.#runner.give({type: 'founding', may: 'never'});
	}

	get state(): GroupState {
		return this.#runner.state;
	}

	/** Whether nobody is heard any more. */
	get isAlone(): boolean {
		return ![...this.state.peers.values()].some(({isVisible}) => isVisible);
	}

	give(event: GroupEvent): void {
		this.#runner.give(event);
	}

	/** Tells all that is heard from now on, until the result is called. */
	watch(onEvent: (event: MemberEvent) => void): () => void {
		this.#watchers.add(onEvent);
		return () => this.#watchers.delete(onEvent);
	}

	stop(): void {
		this.#runner.stop();
	}
}
