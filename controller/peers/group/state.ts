import type {ClockEstimate} from './clock-estimate.js';
import {noEstimate} from './clock-estimate.js';
import type {Durable, Stamp} from '../../../store/resources/group-member.js';
import type {Founding, Request} from './events.js';
import type {Content, Verdict} from './messages.js';
import type {Motion} from './motion.js';
import type {Periods} from './periods.js';

/** Who this member is. */
export interface Self {
	readonly id: string;
	readonly kind: string;
	/** New whenever it starts. */
	readonly run: string;
}

/** Another member as it was last heard. */
export interface Peer {
	readonly heardMs: number;
	readonly isVisible: boolean;
	readonly kind: string;
	readonly run: string;
	readonly pending: boolean;
	readonly leaving: boolean;
	/** It knows a leader. */
	readonly led: boolean;
	/** It holds the group for over. */
	readonly over: boolean;
	readonly lineage: string | undefined;
	/** How many members it knows of; 0: it has stored no configuration, and so cannot vote. */
	readonly size: number;
	/** Sequence number of its last publication that was delivered or told as lost. */
	readonly delivered: number;
}

/** A query that this member got as the leader. */
export interface Inquiry {
	readonly asker: string;
	/** With its length as JSON. */
	readonly answered: {readonly answer: unknown; readonly bytes: number} | undefined;
}

/** What a member does about its term. Only a leader holds what ends with it. */
export type Role =
	| {readonly kind: 'follower'}
	/** Asks whether it would be voted for. */
	| {readonly kind: 'prospect'; readonly granted: ReadonlySet<string>}
	| {readonly kind: 'candidate'; readonly granted: ReadonlySet<string>}
	| Leading;

/** A leader, with those who follow it, and what goes through it. */
export interface Leading {
	readonly kind: 'leader';
	/** By member: when the beat was sent that it answered last, and the configuration that it has stored. */
	readonly followers: ReadonlyMap<string, {readonly heardMs: number; readonly stamp: Stamp | undefined}>;
	readonly inquiries: ReadonlyMap<string, Inquiry>;
	readonly motions: ReadonlyMap<string, Motion>;
	/** Verdicts that may be asked for again. */
	readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** What this member has asked of its group and has no answer to yet. */
export interface Asked {
	readonly request: Request;
	/** For an action: its instant. On the own clock, as are the others. */
	readonly atMs: number;
	readonly untilMs: number;
	readonly resendAtMs: number;
	/** Whom the last one that was asked in vain named. */
	readonly refusal: {readonly leader: string | undefined} | undefined;
}

/** Its own vote, kept so that it is the same whenever it is asked for. */
export interface Ballot {
	readonly content: Content;
	/** The leader that asked last. */
	readonly leader: string;
	readonly vote: 'yes' | 'no' | 'considering';
	readonly reason: string;
}

/** An action this member has agreed to. */
export interface Plan {
	readonly action: unknown;
	/** Who asked last, and in which term. */
	readonly leader: string;
	readonly term: number;
	/** On that leader's clock in that term, and on the own one. */
	readonly leaderAtMs: number;
	readonly atMs: number;
	readonly boundMs: number;
	readonly state: 'agreed' | 'committed' | 'performed' | 'missed' | 'aborted';
	readonly deviationMs: number;
}

/** Everything one member of one group knows. Frozen; every step makes a new one. Times are on the own monotonic clock, in milliseconds. */
export interface GroupState {
	readonly self: Self;
	readonly periods: Periods;
	/** Of the next random number. */
	readonly seed: number;
	readonly durable: Durable;
	readonly role: Role;
	/** Whom it follows in its term; itself when it leads. */
	readonly leader: string | undefined;
	readonly leaderHeardMs: number;
	/** When its last sign of life was sent, on its clock. */
	readonly leaderSentMs: number;
	readonly electionAtMs: number;
	readonly beatAtMs: number;
	readonly startedMs: number;
	readonly peers: ReadonlyMap<string, Peer>;
	readonly forgotten: ReadonlySet<string>;
	readonly founding: Founding;
	readonly leaving: boolean;
	/** Groups that it has begun in this run. */
	readonly founded: number;
	readonly published: number;
	readonly clock: ClockEstimate;
	readonly clockAskedMs: number;
	readonly asked: ReadonlyMap<string, Asked>;
	readonly ballots: ReadonlyMap<string, Ballot>;
	readonly plans: ReadonlyMap<string, Plan>;
}

/** What a member begins with: what it has stored, and nothing else. `seed` must differ between members. */
export function initialState({self, periods, durable, seed, nowMs}: {readonly self: Self; readonly periods: Periods; readonly durable: Durable; readonly seed: number; readonly nowMs: number}): GroupState {
	return {
		self, periods, durable, seed,
		role: {kind: 'follower'}, leader: undefined, leaderHeardMs: Number.NEGATIVE_INFINITY, leaderSentMs: 0,
		electionAtMs: nowMs + periods.electionMaxMs, beatAtMs: nowMs, startedMs: nowMs,
		peers: new Map(), forgotten: new Set(), founding: 'after-listening', leaving: false, founded: 0, published: 0,
		clock: noEstimate, clockAskedMs: Number.NEGATIVE_INFINITY, asked: new Map(), ballots: new Map(), plans: new Map(),
	};
}

/** Whether this member is among the known ones, and so is counted. */
export function isKnown({self, durable: {configuration}}: Pick<GroupState, 'self' | 'durable'>): boolean {
	return configuration?.members.includes(self.id) ?? false;
}

/**
 * Whether so many of the known members were forgotten, which nobody listens to any more, or are heard to have left for another group, that the others
 * can never be a majority again.
 */
export function isOver({durable: {configuration, lineage}, forgotten, peers}: Pick<GroupState, 'durable' | 'forgotten' | 'peers'>): boolean {
	const members = configuration?.members ?? [];
	const isForgotten = (member: string): boolean => forgotten.has(nodeOf(member));
	const hasLeft = (member: string): boolean => {
		const peer = peers.get(member);
		return peer?.isVisible === true && peer.lineage !== lineage;
	};
	return members.some(isForgotten) && members.filter(member => !isForgotten(member) && !hasLeft(member)).length * 2 <= members.length;
}

/** The node a member lives on. */
export function nodeOf(member: string): string {
	const slash = member.indexOf('/');
	return slash === -1 ? member : member.slice(0, slash);
}
