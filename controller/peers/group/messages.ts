import {z} from 'zod';
import {Configuration, MemberId, Stamp} from '../../../store/resources/group-member.js';

/** Names a query, poll or action for as long as it is repeated. */
const Id = z.string().min(1).max(64);
const Word = z.string().max(256);
/** A time on the monotonic clock of whoever wrote it, or a span, in milliseconds. */
const Ms = z.number();

/** How votes are counted: more than half of the known members, or all of them. */
export const Rule = z.enum(['majority', 'consensus']);
export type Rule = z.infer<typeof Rule>;

/** What is voted on: a value, or an action at an instant of the leader's monotonic clock. */
export const Content = z.discriminatedUnion('kind', [
	z.object({kind: z.literal('poll'), topic: Word, value: z.unknown()}).readonly(),
	z.object({kind: z.literal('act'), action: z.unknown(), atMs: Ms}).readonly(),
]);
export type Content = z.infer<typeof Content>;

/** One member's word in a poll. `considering`: it was asked and has not decided. `none`: nothing was heard of it. */
export const Vote = z.object({member: MemberId, vote: z.enum(['yes', 'no', 'considering', 'none']), reason: z.string().max(1024)}).readonly();
export type Vote = z.infer<typeof Vote>;

/** How a poll or an action ended. */
export const Outcome = z.enum(['accepted', 'rejected', 'no-quorum', 'timeout']);
export type Outcome = z.infer<typeof Outcome>;

/** What one member did at the instant: how much later than planned, by its own clock, and by how much its idea of the instant may be wrong. */
export const Performance = z.object({member: MemberId, performed: z.boolean(), deviationMs: Ms, boundMs: Ms}).readonly();
export type Performance = z.infer<typeof Performance>;

/** The end of a poll or an action, with every known member's vote, and for an action with what each did. */
export const Verdict = z.object({outcome: Outcome, reason: z.string(), votes: z.array(Vote).readonly(), performances: z.array(Performance).readonly()}).readonly();
export type Verdict = z.infer<typeof Verdict>;

/** What a member says of itself with every sign of life. */
export const Presence = z.object({
	/** New whenever it starts. */
	run: z.string().min(1).max(64),
	/** What kind of member it is, in its own word. */
	kind: z.string().max(64),
	/** It is not (or no longer) among the known ones. */
	pending: z.boolean().default(false),
	leaving: z.boolean().default(false),
	/** Sequence number of its last publication in this run. */
	published: z.int().min(0).default(0),
	/** How many members it knows of. */
	size: z.int().min(0),
	/** It knows a leader. */
	led: z.boolean().default(false),
	/** To it the group is over: too many of the known members were forgotten, or have left for another, for the others ever to be a majority. */
	over: z.boolean().default(false),
	/** Which of the leader's signs of life it heard last, by when that was sent, and which configuration it has stored. */
	follows: z.object({stamp: Stamp.exactOptional(), echoMs: Ms}).readonly().exactOptional(),
}).readonly();
export type Presence = z.infer<typeof Presence>;

const body = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) => z.object({type: z.literal(type), ...shape}).readonly();

/** What members of a group say to each other. What a newer member says beyond it is passed over. */
export const Body = z.discriminatedUnion('type', [
	body('alive', {presence: Presence}),
	// The leader's sign of life; `sentMs` comes back in `follows`. The configuration is there while somebody who is heard has not stored it, and now and then.
	body('lead', {presence: Presence, configuration: Configuration.exactOptional(), sentMs: Ms}),
	// What does your clock say?
	body('clock', {sentMs: Ms}),
	body('time', {sentMs: Ms, receivedMs: Ms, answeredMs: Ms}),
	// Would you vote for me in `proposed`? Nobody's term changes by it.
	body('sound', {proposed: z.int(), stamp: Stamp}),
	// The configuration is there when it is newer than that of whoever asked.
	body('sounded', {proposed: z.int(), granted: z.boolean(), configuration: Configuration.exactOptional()}),
	body('candidacy', {stamp: Stamp}),
	body('ballot', {granted: z.boolean()}),
	body('publication', {run: z.string().max(64), sequence: z.int().min(1), tag: Word, payload: z.unknown(), sentAtMs: Ms}),
	body('query', {id: Id, query: z.unknown()}),
	body('answer', {id: Id, answer: z.unknown()}),
	// To a query, poll or action that reached somebody who does not lead.
	body('notLeader', {id: Id, leader: MemberId.exactOptional()}),
	// With `voters` the action concerns these alone. A leader that does not know the word asks all, and so never fewer.
	body('motion', {id: Id, content: Content, rule: Rule, leftMs: Ms, voters: z.array(MemberId).min(1).max(256).readonly().exactOptional()}),
	body('ask', {id: Id, asker: MemberId, content: Content, leftMs: Ms}),
	body('vote', {id: Id, vote: z.enum(['yes', 'no', 'considering']), reason: z.string().max(1024)}),
	body('commit', {id: Id}),
	body('abort', {id: Id}),
	body('committed', {id: Id}),
	body('performed', {id: Id, performed: z.boolean(), deviationMs: Ms, boundMs: Ms}),
	body('verdict', {id: Id, verdict: Verdict}),
]);
export type Body = z.infer<typeof Body>;
export type BodyOf<Type extends Body['type']> = Extract<Body, {type: Type}>;

/** One message, from one member to another or to all. */
export const Message = z.object({
	from: MemberId,
	/** Which of several groups that were begun apart under one name; a member that found none yet has none. */
	lineage: z.string().min(1).max(64).exactOptional(),
	term: z.int().min(0),
	body: Body,
}).readonly();
export type Message = z.infer<typeof Message>;
