import {randomBytes, randomUUID} from 'node:crypto';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {Durable} from '../../../store/resources/group-member.js';
import {dueMs} from './due.js';
import type {GroupEffect, GroupEvent, MemberEvent, Request, Result} from './events.js';
import type {Message} from './messages.js';
import type {Periods} from './periods.js';
import {initialState, type GroupState} from './state.js';
import {step} from './step.js';

/** Events that wait while something is written to the disk; the next is dropped, as a network drops messages. */
const mostWaiting = 10_000;
/** Publications are dropped sooner: they are the long ones, and what is lost of them is told as a gap. */
const mostPublications = 512;

/** What one member needs of its node. */
export interface RunnerOptions {
	readonly member: {readonly id: string; readonly kind: string};
	readonly periods: Periods;
	readonly durable: Durable;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
	/** Resolves once it is on disk. */
	readonly store: (durable: Durable) => Promise<void>;
	readonly send: (to: string, message: Message) => void;
	readonly broadcast: (message: Message) => void;
	readonly tell: (event: MemberEvent) => void;
	readonly left: () => void;
}

/** Runs the machine of one member: gives it time and events one after the other, and does what it says, nothing before what comes before it is on disk. */
export class Runner {
	readonly #options: RunnerOptions;
	readonly #waiting: GroupEvent[] = [];
	readonly #asked = new Map<string, (result: Result) => void>();
	#stored: Durable;
	#state: GroupState;
	#timer: NodeJS.Timeout | undefined;
	#isBusy = false;
	#isStopped = false;

	constructor(options: RunnerOptions) {
		this.#options = options;
		this.#stored = options.durable;
		this.#state = this.#begin();
	}

	get state(): GroupState {
		return this.#state;
	}

	give(event: GroupEvent): void {
		const most = event.type === 'received' && event.message.body.type === 'publication' ? mostPublications : mostWaiting;
		if (this.#isStopped || this.#waiting.length >= most) return;
		this.#waiting.push(event);
		if (!this.#isBusy) void this.#work();
	}

	/** Puts something to the group. Resolves within the deadline of the request and a second; with `timeout` at once when this member is stopped or too much waits. */
	async request(request: Request): Promise<Result> {
		if (this.#isStopped || this.#waiting.length >= mostWaiting) return {kind: 'timeout'};
		const id = randomUUID();
		return new Promise(resolve => {
			this.#asked.set(id, resolve);
			this.give({type: 'request', id, request});
		});
	}

	/** As if it had crashed. */
	stop(): void {
		this.#isStopped = true;
		clearTimeout(this.#timer);
		this.#failAsked();
	}

	#begin(): GroupState {
		const {member, periods, clock} = this.#options;
		return initialState({self: {...member, run: randomBytes(9).toString('base64url')}, periods, durable: this.#stored, seed: randomBytes(4).readUInt32LE(), nowMs: clock.monotonicMs()});
	}

	async #work(): Promise<void> {
		this.#isBusy = true;
		for (let event = this.#waiting.shift(); event !== undefined && !this.#isStopped; event = this.#waiting.shift()) {
			const {state, effects} = step(this.#state, event, this.#options.clock.monotonicMs());
			this.#state = state;
			const [first, ...rest] = effects;
			if (first?.do !== 'store') this.#perform(effects);
			else if (await this.#isStoring(first.durable)) this.#perform(rest);
		}
		this.#isBusy = false;
		this.#arm();
	}

	/** What could not be stored was never so: it goes on from what is, as after a crash. Whoever was stopped meanwhile says nothing more. */
	async #isStoring(durable: Durable): Promise<boolean> {
		try {
			await this.#options.store(durable);
			this.#stored = durable;
			return !this.#isStopped;
		} catch (error) {
			this.#options.log.warn('a member of a group could not store its vote, and so did not give it', {member: this.#options.member.id, error});
			const {founding, forgotten, leaving} = this.#state;
			this.#state = {...this.#begin(), founding, forgotten, leaving};
			this.#failAsked();
			return false;
		}
	}

	#perform(effects: readonly GroupEffect[]): void {
		const {send, broadcast, tell, left} = this.#options;
		for (const effect of effects) {
			switch (effect.do) {
				case 'store': break;
				case 'send': send(effect.to, effect.message); break;
				case 'broadcast': broadcast(effect.message); break;
				case 'tell': tell(effect.event); break;
				case 'result': {
					this.#asked.get(effect.id)?.(effect.result);
					this.#asked.delete(effect.id);
					break;
				}
				case 'left': {
					this.stop();
					left();
					return;
				}
				default: effect satisfies never;
			}
		}
	}

	#arm(): void {
		clearTimeout(this.#timer);
		if (this.#isStopped) return;
		this.#timer = setTimeout(() => this.give({type: 'tick'}), Math.max(0, dueMs(this.#state) - this.#options.clock.monotonicMs()));
	}

	#failAsked(): void {
		for (const settle of this.#asked.values()) settle({kind: 'timeout'});
		this.#asked.clear();
	}
}
