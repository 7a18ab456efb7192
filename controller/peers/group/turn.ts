import type {GroupEffect, MemberEvent} from './events.js';
import type {Body, Message} from './messages.js';
import type {GroupState} from './state.js';

/** What a turn makes of a state, and what is to be done about it. */
export interface Turn {
	readonly state: GroupState;
	readonly effects: readonly GroupEffect[];
}

/** Part of a turn. */
export type Move = (state: GroupState) => Turn;

/** Nothing is to be done. */
export function still(state: GroupState): Turn {
	return {state, effects: []};
}

/** One move after another, each on what the one before has made. */
export function inTurn(state: GroupState, ...moves: readonly Move[]): Turn {
	return moves.reduce<Turn>((turn, move) => {
		const next = move(turn.state);
		return next.effects.length === 0 && next.state === turn.state ? turn : {state: next.state, effects: [...turn.effects, ...next.effects]};
	}, still(state));
}

/** Says something to one member; to itself as well. */
export function sending(state: GroupState, to: string, body: Body): Turn {
	return {state, effects: [{do: 'send', to, message: messageOf(state, body)}]};
}

/** Says something to several. */
export function sendingEach(state: GroupState, members: readonly string[], body: Body): Turn {
	const message = messageOf(state, body);
	return {state, effects: members.map(to => ({do: 'send', to, message}))};
}

/** Says something to all who listen. */
export function broadcasting(state: GroupState, body: Body): Turn {
	return {state, effects: [{do: 'broadcast', message: messageOf(state, body)}]};
}

/** Tells its program. */
export function telling(state: GroupState, event: MemberEvent): Turn {
	return {state, effects: [{do: 'tell', event}]};
}

/** A map with one entry more, or another in its place. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
	return new Map(map).set(key, value);
}

/** A map without an entry. */
export function withoutEntry<K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> {
	const copy = new Map(map);
	copy.delete(key);
	return copy;
}

/** The last `count` entries that were put in. */
export function newestEntries<K, V>(map: ReadonlyMap<K, V>, count: number): ReadonlyMap<K, V> {
	return map.size <= count ? map : new Map([...map].slice(-count));
}

function messageOf({self, durable: {term, lineage}}: GroupState, body: Body): Message {
	return {from: self.id, term, body, ...(lineage === undefined ? {} : {lineage})};
}
