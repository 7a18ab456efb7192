import {defaultPeriods, type Periods} from '../../../../controller/peers/group/periods.js';
import {dueMs} from '../../../../controller/peers/group/due.js';
import {neverJoined, withoutGroup} from '../../../../controller/peers/group/durable.js';
import type {GroupEffect, GroupEvent, MemberEvent, Request, Result} from '../../../../controller/peers/group/events.js';
import type {Message} from '../../../../controller/peers/group/messages.js';
import {initialState, type GroupState} from '../../../../controller/peers/group/state.js';
import {step} from '../../../../controller/peers/group/step.js';
import type {Durable} from '../../../../store/resources/group-member.js';
import {randomFrom} from '../../../support/random.js';

/** How bad the network is. Times in virtual milliseconds. */
export interface Weather {
	readonly loss: number;
	readonly duplication: number;
	readonly delayMs: readonly [number, number];
}

export const calm: Weather = {loss: 0, duplication: 0, delayMs: [1, 10]};

/** One member: what is on its disk, and, while it runs, what it knows. */
export interface Inhabitant {
	readonly id: string;
	durable: Durable;
	state: GroupState | undefined;
	/** Monotonic clocks begin anywhere, and anew with each run, and go at their own rate. */
	clock: {readonly originMs: number; readonly rate: number};
	readonly beginsAtMs: number;
	runs: number;
	busyUntilMs: number;
	frozenUntilMs: number;
	wakeAtMs: number;
	readonly told: {readonly atMs: number; readonly event: MemberEvent}[];
	readonly results: Map<string, Result>;
}

interface Happening {
	readonly atMs: number;
	readonly order: number;
	readonly happen: () => void;
}

/** What a program does when it is asked. Undefined: it keeps silent. */
export type Program = (member: string, event: MemberEvent) => {readonly vote: 'yes' | 'no'; readonly reason: string} | {readonly answer: unknown} | undefined;

/** Several members in virtual time, on a network and with disks that misbehave as told. The same seed gives the same story. */
export class World {
	readonly members = new Map<string, Inhabitant>();
	/** Every member that ever led, by lineage and term; two in one would be the end of it. */
	readonly leaders = new Map<string, string>();
	readonly offences: string[] = [];
	readonly random: () => number;
	weather: Weather = calm;
	/** Directed pairs `a>b` that hear nothing. */
	readonly cuts = new Set<string>();
	nowMs = 0;
	program: Program = (_member, event) => (event.type === 'query' ? {answer: event.query} : event.type === 'poll' || event.type === 'prepare' ? {vote: 'yes', reason: ''} : undefined);
	readonly periods: Periods;
	steps = 0;
	#queue: Happening[] = [];
	#order = 0;

	constructor({seed, members, periods = defaultPeriods}: {readonly seed: number; readonly members: readonly string[]; readonly periods?: Periods}) {
		this.random = randomFrom(seed);
		this.periods = periods;
		for (const id of members) {
			const beginsAtMs = Math.floor(this.random() * 1e6);
			this.members.set(id, {
				id, durable: neverJoined, state: undefined, beginsAtMs, clock: {originMs: beginsAtMs, rate: 1 + (this.random() - 0.5) * 0.0001},
				runs: 0, busyUntilMs: 0, frozenUntilMs: 0, wakeAtMs: Number.POSITIVE_INFINITY, told: [], results: new Map(),
			});
		}
	}

	/** All known to each other, as if they had always been a group. */
	form(members: readonly string[] = [...this.members.keys()]): void {
		for (const id of members) this.get(id).durable = {term: 1, lineage: 'first', configuration: {stamp: {term: 1, version: 1}, members: [...members].sort()}};
	}

	get(id: string): Inhabitant {
		return this.members.get(id)!;
	}

	start(id: string): void {
		const member = this.get(id);
		if (member.state) return;
		member.runs++;
		const {clock: {rate}, beginsAtMs} = member;
		member.clock = {originMs: beginsAtMs - this.nowMs * rate, rate};
		member.busyUntilMs = this.nowMs;
		member.state = initialState({self: {id, kind: 'test', run: `${id}.${member.runs}`}, periods: this.periods, durable: member.durable, seed: Math.floor(this.random() * 2 ** 32), nowMs: this.clockOf(id)});
		this.#wake(member);
	}

	crash(id: string): void {
		this.get(id).state = undefined;
	}

	/** Its process stands still, and then goes on as if nothing had been. */
	freeze(id: string, forMs: number): void {
		this.get(id).frozenUntilMs = this.nowMs + forMs;
	}

	cut(a: string, b: string): void {
		this.cuts.add(`${a}>${b}`);
		this.cuts.add(`${b}>${a}`);
	}

	/** Only those in the same part hear each other. */
	partition(...parts: readonly (readonly string[])[]): void {
		this.cuts.clear();
		const partOf = (id: string): number => parts.findIndex(part => part.includes(id));
		for (const a of this.members.keys()) for (const b of this.members.keys()) if (partOf(a) !== partOf(b)) this.cuts.add(`${a}>${b}`);
	}

	/** The member's own clock. */
	clockOf(id: string, atMs = this.nowMs): number {
		const {clock: {originMs, rate}} = this.get(id);
		return originMs + atMs * rate;
	}

	request(id: string, name: string, request: Request): void {
		this.#enqueue(this.get(id), {type: 'request', id: name, request});
	}

	give(id: string, event: GroupEvent): void {
		this.#enqueue(this.get(id), event);
	}

	at(atMs: number, happen: () => void): void {
		const entry = {atMs: Math.max(atMs, this.nowMs), order: this.#order++, happen};
		// A heap by hand: the queue is the hottest thing here.
		const queue = this.#queue;
		let index = queue.push(entry) - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!isBefore(entry, queue[parent]!)) break;
			queue[index] = queue[parent]!;
			index = parent;
		}
		queue[index] = entry;
	}

	runFor(forMs: number): void {
		this.runUntil(() => false, forMs);
	}

	/** Whether it became true within the time. */
	runUntil(isTrue: () => boolean, withinMs: number): boolean {
		const untilMs = this.nowMs + withinMs;
		while (!isTrue()) {
			const next = this.#queue[0];
			if (next === undefined || next.atMs > untilMs) {
				this.nowMs = untilMs;
				return isTrue();
			}
			this.#pop();
			this.nowMs = next.atMs;
			next.happen();
		}
		return true;
	}

	/** The member that those it can count on take for their leader, if it agrees. */
	leader(of: readonly string[] = [...this.members.keys()]): string | undefined {
		return of.find(id => this.get(id).state?.role.kind === 'leader');
	}

	events<Type extends MemberEvent['type']>(id: string, type: Type): Extract<MemberEvent, {type: Type}>[] {
		return this.get(id).told.flatMap(({event}) => (event.type === type ? [event as Extract<MemberEvent, {type: Type}>] : []));
	}

	#wake(member: Inhabitant): void {
		const {state, clock: {originMs, rate}} = member;
		if (!state) return;
		const atMs = Math.max(this.nowMs, (dueMs(state) - originMs) / rate + 0.001);
		if (member.wakeAtMs <= atMs && member.wakeAtMs > this.nowMs) return;
		member.wakeAtMs = atMs;
		const run = state.self.run;
		this.at(atMs, () => {
			if (member.state?.self.run !== run || member.wakeAtMs !== atMs) return;
			member.wakeAtMs = Number.POSITIVE_INFINITY;
			this.#take(member, {type: 'tick'});
		});
	}

	#enqueue(member: Inhabitant, event: GroupEvent): void {
		const run = member.state?.self.run;
		if (run === undefined) return;
		this.at(this.nowMs, () => {
			if (member.state?.self.run === run) this.#take(member, event);
		});
	}

	/** One thing after another: while it writes to its disk or is frozen, everything else waits. */
	#take(member: Inhabitant, event: GroupEvent): void {
		const freeAtMs = Math.max(member.busyUntilMs, member.frozenUntilMs);
		if (freeAtMs > this.nowMs) {
			const run = member.state?.self.run;
			this.at(freeAtMs, () => {
				if (member.state?.self.run === run) this.#take(member, event);
			});
			return;
		}
		if (!member.state) return;
		this.steps++;
		const {state, effects} = step(member.state, event, this.clockOf(member.id));
		member.state = state;
		this.#watch(member);
		const [first, ...rest] = effects;
		if (first?.do === 'store') {
			const run = state.self.run;
			member.busyUntilMs = this.nowMs + this.random() * 10;
			this.at(member.busyUntilMs, () => {
				// A crash before the disk has it: nobody was told anything.
				if (member.state?.self.run !== run) return;
				member.durable = first.durable;
				this.#perform(member, rest);
			});
		} else this.#perform(member, effects);
		this.#wake(member);
	}

	#perform(member: Inhabitant, effects: readonly GroupEffect[]): void {
		for (const effect of effects) {
			switch (effect.do) {
				case 'store': throw new Error('only the first effect stores');
				case 'send': this.#carry(effect.message, effect.to); break;
				case 'broadcast': for (const to of this.members.keys()) if (to !== member.id) this.#carry(effect.message, to); break;
				case 'tell': this.#tell(member, effect.event); break;
				case 'result': member.results.set(effect.id, effect.result); break;
				case 'left': member.state = undefined; member.durable = withoutGroup(member.durable); break;
				default: effect satisfies never;
			}
		}
	}

	#tell(member: Inhabitant, event: MemberEvent): void {
		member.told.push({atMs: this.nowMs, event});
		const reply = this.program(member.id, event);
		if (reply === undefined) return;
		this.at(this.nowMs + this.random() * 5, () => {
			if (!('id' in event)) return;
			this.#enqueue(member, 'vote' in reply ? {type: 'voted', id: event.id, ...reply} : {type: 'answered', id: event.id, answer: reply.answer});
		});
	}

	#carry(message: Message, to: string): void {
		const {loss, duplication, delayMs: [least, most]} = this.weather;
		const copies = this.random() < loss ? 0 : this.random() < duplication ? 2 : 1;
		for (let copy = 0; copy < copies; copy++) {
			this.at(this.nowMs + least + this.random() * (most - least), () => {
				const target = this.members.get(to);
				if (target?.state && !this.cuts.has(`${message.from}>${to}`)) this.#take(target, {type: 'received', message});
			});
		}
	}

	#watch({id, state}: Inhabitant): void {
		if (state?.role.kind !== 'leader') return;
		const key = `${state.durable.lineage} ${state.durable.term}`;
		const known = this.leaders.get(key) ?? id;
		if (known === id) this.leaders.set(key, id);
		else if (this.offences.length < 5) this.offences.push(`${known} and ${id} both led term ${key} at ${this.nowMs}`);
	}

	#pop(): void {
		const queue = this.#queue;
		const last = queue.pop()!;
		if (queue.length === 0) return;
		let index = 0;
		for (;;) {
			let child = 2 * index + 1;
			if (child >= queue.length) break;
			if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child++;
			if (!isBefore(queue[child]!, last)) break;
			queue[index] = queue[child]!;
			index = child;
		}
		queue[index] = last;
	}
}

const isBefore = (a: Happening, b: Happening): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
