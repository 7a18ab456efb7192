import type {Durable} from '../../../store/resources/group-member.js';
import type {Message, Rule, Verdict} from './messages.js';

/** What a member wants of its group. */
export type Request =
	| {readonly kind: 'query'; readonly query: unknown; readonly deadlineMs: number}
	| {readonly kind: 'poll'; readonly topic: string; readonly value: unknown; readonly rule: Rule; readonly deadlineMs: number}
	/** `inMs` from now. With `voters` these known members alone are asked and take part, and are counted as if they were all. */
	| {readonly kind: 'act'; readonly action: unknown; readonly rule: Rule; readonly inMs: number; readonly voters?: readonly string[]};

/** What happens to a member. */
export type GroupEvent =
	| {readonly type: 'tick'}
	| {readonly type: 'received'; readonly message: Message}
	| {readonly type: 'publish'; readonly tag: string; readonly payload: unknown; readonly sentAtMs: number}
	| {readonly type: 'request'; readonly id: string; readonly request: Request}
	/** Its program has voted. */
	| {readonly type: 'voted'; readonly id: string; readonly vote: 'yes' | 'no'; readonly reason: string}
	/** Its program has answered a query that it got as the leader. */
	| {readonly type: 'answered'; readonly id: string; readonly answer: unknown}
	/** The nodes that were forgotten for good: their members leave. */
	| {readonly type: 'forgotten'; readonly nodes: ReadonlySet<string>}
	/** Whether it may begin a group of its own: never, at once, or after it has listened for others. */
	| {readonly type: 'founding'; readonly may: Founding}
	| {readonly type: 'leave'};

export type Founding = 'never' | 'at-once' | 'after-listening';

/** What a member's program is told. */
export type MemberEvent =
	| {readonly type: 'joined' | 'left'; readonly member: string; readonly kind: string}
	| {readonly type: 'leader'; readonly leader: string | undefined; readonly term: number}
	| {readonly type: 'message'; readonly from: string; readonly tag: string; readonly payload: unknown; readonly sequence: number; readonly sentAtMs: number}
	/** Publications `first` to `last` of a member were lost on their way. */
	| {readonly type: 'gap'; readonly from: string; readonly first: number; readonly last: number}
	| {readonly type: 'query'; readonly id: string; readonly from: string; readonly query: unknown}
	| {readonly type: 'poll'; readonly id: string; readonly from: string; readonly topic: string; readonly value: unknown; readonly leftMs: number}
	| {readonly type: 'prepare'; readonly id: string; readonly from: string; readonly action: unknown; readonly inMs: number}
	| {readonly type: 'act'; readonly id: string; readonly action: unknown; readonly deviationMs: number; readonly boundMs: number};

/** What became of a request. */
export type Result =
	| {readonly kind: 'answer'; readonly answer: unknown}
	| {readonly kind: 'verdict'; readonly verdict: Verdict}
	/** Nobody led, as far as was known at the deadline. */
	| {readonly kind: 'no-leader'}
	/** Whoever was asked did not lead and named another. */
	| {readonly kind: 'not-leader'; readonly leader: string | undefined}
	| {readonly kind: 'timeout'};

/** What is to be done, in this order: nothing after a `store` before that is on disk. */
export type GroupEffect =
	| {readonly do: 'store'; readonly durable: Durable}
	| {readonly do: 'send'; readonly to: string; readonly message: Message}
	| {readonly do: 'broadcast'; readonly message: Message}
	| {readonly do: 'tell'; readonly event: MemberEvent}
	| {readonly do: 'result'; readonly id: string; readonly result: Result}
	/** It has left, and the group has accepted that. */
	| {readonly do: 'left'};
