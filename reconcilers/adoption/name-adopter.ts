import type {AdopterQuestion, AdopterWord} from '../ports/leadership.js';
import type {PeerView} from '../ports/peers.js';
import {suspectedAfterMs} from '../service/fleet.js';

/** The other members as the leader hears them, and how much each owns. */
export interface NamingView {
	readonly selfId: string;
	/** Id of the member that asks, and so says that it misses the owner. */
	readonly asker: string;
	readonly members: readonly PeerView[];
	/** How many Services a member owns. */
	readonly owns: (id: string) => number;
	/** Monotonic. */
	readonly nowMs: number;
}

/** Names who takes over from lost owners, as the leader. */
export type AdopterNaming = (question: AdopterQuestion, view: NamingView) => AdopterWord;

/** Whoever misses an owner asks again much sooner than this. */
const missedForMs = 10_000;
/** Who was named and has not taken over for so long, as after its disk was full, is not waited for. */
const takesMs = 30_000;

/** What a member last said of an owner. */
interface Missing {
	readonly atMs: number;
	/** How long it had not heard it then. */
	readonly missedMs: number;
	readonly wants: boolean;
}

/**
 * The leader's part. It names somebody only while a majority is heard, itself counted, and everybody who is heard says that the owner is missed: one that a
 * single link cannot reach is not lost. Who was named stays named while it is heard and may still be about to, so that whoever asks gets one answer;
 * then another follows. Of those who are heard and have something to take over it is the one that owns least: not everybody has a copy. Nothing here
 * outlives the agent: two who are named one after the other are told apart by their ownership.
 */
export function createAdopterNaming(): AdopterNaming {
	const named = new Map<string, {readonly adopter: string; readonly sinceMs: number}>();
	const missed = new Map<string, ReadonlyMap<string, Missing>>();
	return ({owner, silentMs, missedMs, wants}, {selfId, asker, members, owns, nowMs}) => {
		const voters = members.filter(({votes}) => votes !== false);
		const lost = voters.find(({id}) => id === owner);
		if (!lost) return {kind: 'refused', because: owner === selfId ? 'it leads itself' : 'its owner is no member'};
		const by = new Map([...missed.get(owner) ?? []].filter(([, {atMs}]) => nowMs - atMs < missedForMs)).set(asker, {atMs: nowMs, missedMs, wants});
		missed.set(owner, by);
		if (!wants) return {kind: 'refused', because: 'nothing is to be taken over there'};
		const known = named.get(owner);
		// It was heard since.
		if (known !== undefined && nowMs - lost.silentMs > known.sinceMs) named.delete(owner);
		if (lost.silentMs < silentMs) return {kind: 'early', leftMs: silentMs - lost.silentMs};
		const heard = voters.filter(({id, connected, silentMs: ageMs}) => id !== owner && connected && ageMs < suspectedAfterMs);
		if ((heard.length + 1) * 2 <= voters.length + 1) return {kind: 'no-leader'};
		const misses = (one: Missing | undefined): boolean => one !== undefined && one.missedMs + nowMs - one.atMs >= silentMs;
		const others = heard.filter(({id}) => !misses(by.get(id))).map(({name}) => name);
		if (others.length > 0) return {kind: 'refused', because: `${others.join(', ')} ${others.length === 1 ? 'has' : 'have'} not said that ${lost.name} is missed`};
		const able = [selfId, ...heard.filter(({doubled}) => !doubled).map(({id}) => id)];
		const before = named.get(owner);
		const next = able.filter(id => id !== before?.adopter && by.get(id)?.wants === true);
		// Who has taken over wants nothing any more, and others may not have heard of it yet.
		if (before !== undefined && able.includes(before.adopter) && (next.length === 0 || nowMs - before.sinceMs < takesMs)) return {kind: 'named', adopter: before.adopter};
		const [first] = next.map(id => ({id, count: owns(id)})).sort((a, b) => a.count - b.count || (a.id < b.id ? -1 : 1));
		if (first === undefined) return {kind: 'refused', because: 'nobody that it hears has anything to take over'};
		named.set(owner, {adopter: first.id, sinceMs: nowMs});
		return {kind: 'named', adopter: first.id};
	};
}
