import {setTimeout as delay} from 'node:timers/promises';
import type {Mate} from './group-fleet.js';

/** That one node heard who leads; null: that it knows of nobody. */
export interface LeaderNews {
	readonly observer: string;
	readonly leader: string | null;
	readonly term: number;
	readonly atMs: number;
}

/** What every node says of who leads the group of all nodes, for as long as it is open; a node that ends and starts again is asked again. */
export interface LeaderWatch extends AsyncDisposable {
	readonly news: readonly LeaderNews[];
	/** Each term with more than one leader, and each observer that followed an older term after a later one; empty when nothing went wrong. */
	offences(): readonly string[];
}

/** Begins to listen at all of these; resolves once each does. */
export async function watchLeaders(mates: readonly Mate[]): Promise<LeaderWatch> {
	const news: LeaderNews[] = [];
	const ending = new AbortController();
	const {signal} = ending;
	const follow = async (mate: Mate, begun: () => void): Promise<void> => {
		while (!signal.aborted) {
			try {
				for await (const {data} of (await mate.client()).ask({service: 'group', action: 'group.watch', data: {group: 'cluster'}, deadlineMs: 10_000, signal})) {
					begun();
					const {type, name, term} = data as {readonly type?: string; readonly name?: string | null; readonly term?: number};
					if (type === 'leader') news.push({observer: mate.name, leader: name ?? null, term: term!, atMs: performance.now()});
				}
			} catch {
				// Its agent does not run, or stands still.
			}
			await delay(50);
		}
	};
	const following: Promise<void>[] = [];
	await Promise.all(mates.map(async mate => new Promise<void>(resolve => {
		following.push(follow(mate, resolve));
	})));
	return {
		news,
		offences() {
			const leaders = new Map<number, Set<string>>();
			for (const {leader, term} of news) if (leader !== null) leaders.set(term, new Set([...leaders.get(term) ?? [], leader]));
			const rivals = [...leaders].filter(([, names]) => names.size > 1).map(([term, names]) => `${[...names].join(' and ')} led in term ${term}`);
			const relapses = mates.flatMap(({name}) => {
				const heard = news.filter(({observer, leader}) => observer === name && leader !== null);
				return heard.slice(1).filter(({term}, index) => term < heard[index]!.term).map(({leader, term}) => `${name} followed ${leader} in term ${term} after a later one`);
			});
			return [...rivals, ...relapses];
		},
		async [Symbol.asyncDispose]() {
			ending.abort();
			await Promise.all(following);
		},
	};
}
