import {adoptOf} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import type {AdopterWord} from '../ports/leadership.js';
import {failoverOf} from '../service/failover.js';

/** What is decided from: the leader's word, and who is heard. */
export interface AdoptionView {
	/** Services that are due. */
	readonly services: readonly Service[];
	/** How long their owner has been. */
	readonly silentMs: number;
	readonly word: AdopterWord;
	readonly selfId: string;
	/** Ids of the members that are heard, this node included. */
	readonly heard: readonly string[];
	/** How many members there are. */
	readonly members: number;
	/** For people. */
	readonly nameOf: (id: string) => string;
}

/** What this node takes over, and what the rest waits for. */
export interface AdoptionDecision {
	readonly take: readonly Service[];
	/** Empty when nothing waits. */
	readonly because: string;
	/** When to ask again, in milliseconds; undefined when nothing waits. */
	readonly againAfterMs?: number;
}

/** How soon it is asked again who takes over. */
const askEveryMs = 1000;
/** Without a leader each waits so much longer than the one before it, in milliseconds: nobody knows of another that it has what is to be taken over. */
const turnMs = 10_000;

/**
 * Whether this node takes over. With a leader it is the one that it names, for `majority` and `always` alike; without one, what says `always` goes to
 * the smallest id among those who hear each other, while they are half of all members at least, and to the next if that does not take it over soon.
 */
export function decideAdoption({services, silentMs, word, selfId, heard, members, nameOf}: AdoptionView): AdoptionDecision {
	if (services.length === 0) return {take: [], because: ''};
	if (word.kind === 'named') {
		if (word.adopter === selfId) return {take: services, because: ''};
		return {take: [], because: `the leader has named ${nameOf(word.adopter)} to take it over`, againAfterMs: askEveryMs};
	}
	if (word.kind === 'early') return {take: [], because: 'the leader has heard its owner for longer than this node has', againAfterMs: Math.min(askEveryMs, Math.max(1, word.leftMs))};
	if (word.kind === 'refused') return {take: [], because: `the leader names nobody: ${word.because}`, againAfterMs: askEveryMs};
	const always = services.filter(({spec}) => adoptOf(spec) === 'always');
	const order = heard.toSorted();
	const isHalf = heard.length * 2 >= members;
	const waitsMs = order.indexOf(selfId) * turnMs;
	const take = isHalf ? always.filter(service => silentMs - failoverOf(service).afterSeconds * 1000 >= waitsMs) : [];
	if (take.length === services.length) return {take, because: ''};
	const others = always.length === services.length && isHalf
		? `${nameOf(order[0] ?? selfId)} is to take it over, and another one if it does not`
		: `no leader of a majority is known, and this node hears ${heard.length} of ${members} members: it waits for a leader, or for motey node forget`;
	return {take, because: others, againAfterMs: askEveryMs};
}
