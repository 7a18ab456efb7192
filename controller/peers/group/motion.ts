import type {Content, Performance, Rule, Vote} from './messages.js';

/** How far an accepted action is. A poll is never further than `voting`. */
export type Phase =
	| {readonly kind: 'voting'}
	/** Those who agreed are told to; when too few have confirmed it by `untilMs`, it is called off. */
	| {readonly kind: 'committing'; readonly untilMs: number; readonly committed: ReadonlySet<string>}
	/** Its reports are collected. */
	| {readonly kind: 'performing'; readonly performances: ReadonlyMap<string, Performance>};

/** A poll or an action under way, as its leader keeps it. */
export interface Motion {
	readonly asker: string;
	readonly content: Content;
	readonly rule: Rule;
	/** The known members when it began, or those of them whom it concerns: these are counted. */
	readonly members: readonly string[];
	readonly votes: ReadonlyMap<string, Pick<Vote, 'vote' | 'reason'>>;
	readonly phase: Phase;
	/** When this leader was asked for it, and when voting ends, on its clock. */
	readonly begunAtMs: number;
	readonly untilMs: number;
	readonly resendAtMs: number;
}

/** What the votes say so far. `open` while the members that have not voted could still turn it. */
export function tally({members, votes, rule}: Pick<Motion, 'members' | 'votes' | 'rule'>): 'accepted' | 'rejected' | 'open' {
	const count = (wanted: 'yes' | 'no'): number => members.filter(member => votes.get(member)?.vote === wanted).length;
	const [yes, no] = [count('yes'), count('no')];
	if (rule === 'consensus') return no > 0 ? 'rejected' : yes === members.length ? 'accepted' : 'open';
	if (yes * 2 > members.length) return 'accepted';
	return (members.length - no) * 2 > members.length ? 'open' : 'rejected';
}

/** Who has voted for it. */
export function agreed({members, votes}: Pick<Motion, 'members' | 'votes'>): readonly string[] {
	return members.filter(member => votes.get(member)?.vote === 'yes');
}

/** Every known member's vote, also of those nothing was heard of. */
export function votesOf({members, votes}: Pick<Motion, 'members' | 'votes'>): readonly Vote[] {
	return members.map(member => ({member, vote: 'none', reason: '', ...votes.get(member)}));
}
