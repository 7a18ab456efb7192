import {z} from 'zod';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {Name} from '../../../store/resources/meta.js';
import {builtin, type Builtin, type CallContext} from '../mdp/builtins.js';
import {CallError} from '../mdp/call-error.js';
import {asker, unknownGroup} from './actions.js';
import type {Request, Result} from './events.js';
import type {Groups} from './groups.js';
import {Rule, type Verdict} from './messages.js';
import {isShort, payloadBytes} from './payload.js';
import type {Periods} from './periods.js';
import type {Runner} from './runner.js';

/** What members ask of their groups with. */
export interface RequestActionsOptions {
	readonly groups: Groups;
	readonly periods: Periods;
	readonly clock: Pick<Clock, 'now'>;
	/** Asks another node for the same, with the time that is left; what it answers, or throws. */
	readonly relay: (nodeId: string, action: string, data: unknown, deadlineMs: number) => Promise<unknown>;
}

/** How much sooner than the request that carries it something has to be answered; milliseconds. */
const marginMs = 800;
/** An action must not be further away. */
const furthestMs = 3_000_000;

const common = {
	group: Name,
	/** Which member of this node asks: its worker or its id. Any, when not said. */
	member: z.string().min(1).max(128).exactOptional(),
	/** Set by a node that has no member in the group itself and so passes the request on. */
	relayed: z.boolean().default(false),
};
const Json = z.unknown().refine(isShort, `must be at most ${payloadBytes / 1024} KiB of JSON`);

const Publish = z.strictObject({...common, tag: z.string().max(256).default(''), payload: Json});
const Query = z.strictObject({...common, query: Json, deadlineMs: z.int().min(1).max(3_600_000).default(4000)});
const Poll = z.strictObject({...common, topic: z.string().min(1).max(256), value: Json.default(null), rule: Rule.default('majority'), deadlineMs: z.int().min(1).max(3_600_000).exactOptional()});
const Act = z.strictObject({
	...common, action: Json, rule: Rule.default('consensus'),
	/** Milliseconds since 1970 on the clock of the node that is asked; turned into time left at once. */
	at: z.number().exactOptional(),
	/** Instead of `at`. */
	inMs: z.number().exactOptional(),
}).refine(({at, inMs}) => (at === undefined) !== (inMs === undefined), 'must have one of at and inMs');

/** What a group is asked through one of its members on this node; a node without one passes it on to one that has. */
export function requestActions({groups, periods, clock, relay}: RequestActionsOptions): readonly Builtin[] {
	/** Does it here, or has another node do it. */
	const through = async <T>({group, member, relayed}: {readonly group: string; readonly member?: string; readonly relayed: boolean}, work: (runner: Runner) => Promise<T> | T, elsewhere: (nodeId: string) => Promise<unknown>): Promise<unknown> => {
		const runner = asker(groups, group, member)?.runner;
		if (runner !== undefined) return work(runner);
		const [nodeId] = relayed ? [] : groups.nodesOf(group);
		if (nodeId === undefined) throw unknownGroup(group);
		return elsewhere(nodeId);
	};
	/** With names in the place of ids. */
	const readable = (reason: string): string => reason.replace(/\b[a-z2-7]{26}\b/gu, id => groups.nameOf(id));
	const voted = ({outcome, reason, votes, performances}: Verdict) => ({
		outcome, reason: readable(reason),
		votes: votes.map(vote => ({...vote, reason: readable(vote.reason), name: groups.nameOf(vote.member)})),
		performances: performances.map(performance => ({...performance, name: groups.nameOf(performance.member)})),
	});
	const told = (result: Result): unknown => {
		switch (result.kind) {
			case 'answer': return {result: 'answer', answer: result.answer};
			case 'verdict': return voted(result.verdict);
			case 'no-leader': return {result: 'NoLeader'};
			case 'not-leader': return {result: 'NotLeader', leader: result.leader ?? null};
			case 'timeout': throw new CallError('DeadlineExceeded', 'the leader of the group did not answer in time');
			default: return result satisfies never;
		}
	};
	const asked = async (runner: Runner, request: Request): Promise<unknown> => told(await runner.request(request));
	return [
		builtin({
			service: 'group', action: 'group.publish', summary: 'tell something to all other members that are there', schema: Publish,
			handle: async data => through(data, runner => {
				runner.give({type: 'publish', tag: data.tag, payload: data.payload, sentAtMs: clock.now().getTime()});
				return {published: runner.state.published};
			}, async nodeId => relay(nodeId, 'group.publish', {...data, relayed: true}, 4000)),
		}),
		builtin({
			service: 'group', action: 'group.query', summary: 'ask the leader of a group, who sees which member asks', schema: Query,
			handle: async (data, context) => {
				const deadlineMs = withinDeadline(data.deadlineMs, context);
				return through(data, async runner => asked(runner, {kind: 'query', query: data.query, deadlineMs}), async nodeId => relay(nodeId, 'group.query', {...data, deadlineMs, relayed: true}, context.deadlineMs));
			},
		}),
		builtin({
			service: 'group', action: 'group.poll', summary: 'let the known members vote, through the leader', schema: Poll,
			handle: async (data, context) => {
				const deadlineMs = withinDeadline(data.deadlineMs ?? periods.pollMs, context);
				const {topic, value, rule} = data;
				return through(data, async runner => asked(runner, {kind: 'poll', topic, value, rule, deadlineMs}), async nodeId => relay(nodeId, 'group.poll', {...data, deadlineMs, relayed: true}, context.deadlineMs));
			},
		}),
		builtin({
			service: 'group', action: 'group.act', summary: 'let the members do something at one instant, if they agree', schema: Act,
			handle: async ({at, inMs: given, ...data}, context) => {
				const inMs = given ?? (at ?? 0) - clock.now().getTime();
				if (inMs > furthestMs) throw new CallError('BadRequest', `the instant is more than ${furthestMs / 60_000} minutes away`);
				// Its reports come a second after it.
				if (inMs + 2000 > context.deadlineMs) throw new CallError('BadRequest', `the answer comes after the instant, ${Math.round(inMs)} ms from now, and so later than this request waits`, {fix: `Ask with a deadline of ${Math.ceil(inMs) + 3000} ms.`});
				const {action, rule} = data;
				return through(data, async runner => asked(runner, {kind: 'act', action, rule, inMs}), async nodeId => relay(nodeId, 'group.act', {...data, inMs, relayed: true}, context.deadlineMs));
			},
		}),
	];
}

const withinDeadline = (wantedMs: number, {deadlineMs}: CallContext): number => Math.max(1, Math.min(wantedMs, deadlineMs - marginMs));
