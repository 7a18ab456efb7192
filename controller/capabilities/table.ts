import {timestamp} from '../../reconcilers/timestamp.js';
import type {Capability, NodeCapability} from '../../store/resources/capability.js';
import {capabilityLimits} from './limits.js';
import type {CapabilityMessage} from './message.js';

/** What became of a message. */
export type Verdict = {readonly kind: 'changed' | 'same'} | {readonly kind: 'refused'; readonly reason: string};

interface Lease {
	readonly capabilities: readonly Capability[];
	readonly lapsesAtMs: number;
	/** What is shown: at or before the true end, and moved on only when half of its time is over, so that repeating oneself costs no write. */
	readonly shownUntil: {readonly ms: number; readonly text: string};
}

/** A moment on both clocks: leases are counted on the one that never runs backwards, and shown on the other. */
export interface Moment {
	readonly monotonicMs: number;
	readonly now: Date;
}

const keyOf = ({capability, capability_type}: Capability): string => `${capability_type}\n${capability}`;
const asSession = (capability: Capability): NodeCapability => ({...capability, source: 'session'});
const bytesOf = (capabilities: readonly unknown[]): number => Buffer.byteLength(JSON.stringify(capabilities));

/** What plain publishers have added since the start of the agent, and what named ones hold. Everything in it is bounded by `capabilityLimits`. */
export class CapabilityTable {
	/** By what it is; the socket over which it was added first counts it. */
	readonly #session = new Map<string, {readonly capability: Capability; readonly socket: string}>();
	readonly #leases = new Map<string, Lease>();

	/** Takes one message that came over `socket`. A refused one changes nothing. */
	apply(message: CapabilityMessage, socket: string, at: Moment): Verdict {
		switch (message.kind) {
			case 'add': return this.#add(message.capabilities, socket);
			case 'remove': return {kind: message.capabilities.map(one => this.#session.delete(keyOf(one))).includes(true) ? 'changed' : 'same'};
			case 'set': return this.#set(message, at);
			default: return message satisfies never;
		}
	}

	/** Drops what publishers that fell silent held; true when there was something. */
	expire({monotonicMs}: Pick<Moment, 'monotonicMs'>): boolean {
		const lapsed = [...this.#leases].filter(([, lease]) => lease.lapsesAtMs <= monotonicMs);
		for (const [publisher] of lapsed) this.#leases.delete(publisher);
		return lapsed.length > 0;
	}

	/** When the next lease ends, on the monotonic clock. */
	get nextLapseMs(): number | undefined {
		const ends = [...this.#leases.values()].map(lease => lease.lapsesAtMs);
		return ends.length === 0 ? undefined : Math.min(...ends);
	}

	/** Everything in force, as it stands in the Node. */
	get current(): readonly NodeCapability[] {
		return [
			...[...this.#session.values()].map(({capability}) => asSession(capability)),
			...[...this.#leases].flatMap(([publisher, {capabilities, shownUntil}]) => capabilities.map(one => ({...one, source: `publisher:${publisher}`, expiresAt: shownUntil.text}))),
		];
	}

	#add(capabilities: readonly Capability[], socket: string): Verdict {
		const added = new Map(capabilities.filter(one => !this.#session.has(keyOf(one))).map(one => [keyOf(one), one]));
		if (added.size === 0) return {kind: 'same'};
		const held = [...this.#session.values()].filter(one => one.socket === socket).length;
		if (held + added.size > capabilityLimits.perPublisher) return {kind: 'refused', reason: `publishers without a name have at most ${capabilityLimits.perPublisher} capabilities together`};
		if (bytesOf(this.current) + bytesOf([...added.values()].map(asSession)) > capabilityLimits.allBytes) return this.#full();
		for (const [key, capability] of added) this.#session.set(key, {capability, socket});
		return {kind: 'changed'};
	}

	#set({publisher, ttlSeconds, capabilities}: Extract<CapabilityMessage, {kind: 'set'}>, {monotonicMs, now}: Moment): Verdict {
		const before = this.#leases.get(publisher);
		const wanted = [...new Map(capabilities.map(one => [keyOf(one), one])).values()];
		if (wanted.length === 0) {
			this.#leases.delete(publisher);
			return {kind: before === undefined ? 'same' : 'changed'};
		}
		if (wanted.length > capabilityLimits.perPublisher) return {kind: 'refused', reason: `a publisher has at most ${capabilityLimits.perPublisher} capabilities`};
		if (before === undefined && this.#leases.size >= capabilityLimits.publishers) return {kind: 'refused', reason: `there are at most ${capabilityLimits.publishers} publishers with a name`};
		const others = this.current.filter(one => one.source !== `publisher:${publisher}`);
		// What each entry has beside the capability: its source and its end.
		if (bytesOf(others) + bytesOf(wanted) + wanted.length * (publisher.length + 64) > capabilityLimits.allBytes) return this.#full();
		const lapsesAtMs = monotonicMs + ttlSeconds * 1000;
		const isSame = before !== undefined && JSON.stringify(before.capabilities) === JSON.stringify(wanted);
		const stands = isSame && before.shownUntil.ms <= lapsesAtMs && before.shownUntil.ms - monotonicMs >= ttlSeconds * 500;
		const shownUntil = stands ? before.shownUntil : {ms: lapsesAtMs, text: timestamp(new Date(now.getTime() + ttlSeconds * 1000))};
		this.#leases.set(publisher, {capabilities: wanted, lapsesAtMs, shownUntil});
		return {kind: isSame && stands ? 'same' : 'changed'};
	}

	#full(): Verdict {
		return {kind: 'refused', reason: `all capabilities that publishers set have at most ${capabilityLimits.allBytes} bytes together`};
	}
}
