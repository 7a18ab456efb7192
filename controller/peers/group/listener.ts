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
	/** What it hears. */
	readonly tell: (event: MemberEvent) => void;
}

/** A member that says nothing and so is never known, but hears everything: what a node sees of a group, whether or not it has members in it. */
export class Listener {
	readonly #runner: Runner;

	constructor({nodeId, periods, clock, log, changed, tell}: ListenerOptions) {
		const nothing = (): void => undefined;
		this.#runner = new Runner({
			member: {id: `${nodeId}/*`, kind: ''}, periods, durable: neverJoined, clock, log, send: nothing, broadcast: nothing, left: nothing,
			store: async () => {
				changed();
				return Promise.resolve();
			},
			tell: event => {
				changed();
				tell(event);
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

	stop(): void {
		this.#runner.stop();
	}
}
