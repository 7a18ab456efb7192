import {isOf, offsetOf} from './clock-estimate.js';
import type {Request, Result} from './events.js';
import type {Body, BodyOf, Message, Verdict} from './messages.js';
import {answerGraceMs, reportsMs, resendMs} from './periods.js';
import {isPromised, reportsLost} from './promised.js';
import type {Asked, GroupState} from './state.js';
import {inTurn, sending, still, withEntry, withoutEntry, type Move, type Turn} from './turn.js';

/** Takes a request of its program, to be put to whoever leads, and to another if that one is lost, until it is answered or its time is over. */
export function onRequest(state: GroupState, id: string, request: Request, nowMs: number): Turn {
	const lastsMs = request.kind === 'act' ? Math.max(0, request.inMs) + reportsMs + answerGraceMs : request.deadlineMs;
	const asked: Asked = {request, atMs: request.kind === 'act' ? nowMs + request.inMs : nowMs, untilMs: nowMs + lastsMs, resendAtMs: nowMs, refusal: undefined};
	return putToLeader({...state, asked: withEntry(state.asked, id, asked)}, id, nowMs);
}

/** Puts again what was not answered, and gives up what has no time left. */
export function pursueAsked(state: GroupState, nowMs: number): Turn {
	return inTurn(state, ...[...state.asked].map(([id, asked]): Move => current => {
		if (nowMs >= givesUpAtMs(current, asked)) return settled(current, id, failureOf(current, id, asked));
		return nowMs >= asked.resendAtMs ? putToLeader(current, id, nowMs) : still(current);
	}));
}

/** When something is to be done about a request at the latest. */
export function askedDueMs(state: GroupState, asked: Asked): number {
	return Math.min(asked.resendAtMs, givesUpAtMs(state, asked));
}

export function onAnswer(state: GroupState, {id, answer}: BodyOf<'answer'>): Turn {
	return settled(state, id, {kind: 'answer', answer});
}

export function onVerdict(state: GroupState, {id, verdict}: BodyOf<'verdict'>): Turn {
	return settled(state, id, {kind: 'verdict', verdict});
}

export function onNotLeader(state: GroupState, _message: Message, {id, leader}: BodyOf<'notLeader'>): Turn {
	const asked = state.asked.get(id);
	return still(asked === undefined ? state : {...state, asked: withEntry(state.asked, id, {...asked, refusal: {leader}})});
}

function putToLeader(state: GroupState, id: string, nowMs: number): Turn {
	const asked = state.asked.get(id);
	if (asked === undefined) return still(state);
	const next = {...state, asked: withEntry(state.asked, id, {...asked, resendAtMs: nowMs + resendMs})};
	const body = bodyOf(state, id, asked, nowMs);
	return state.leader === undefined || body === undefined ? still(next) : sending(next, state.leader, body);
}

function bodyOf(state: GroupState, id: string, {request, atMs, untilMs}: Asked, nowMs: number): Body | undefined {
	const leftMs = untilMs - nowMs;
	switch (request.kind) {
		case 'query': return {type: 'query', id, query: request.query};
		case 'poll': return {type: 'motion', id, content: {kind: 'poll', topic: request.topic, value: request.value}, rule: request.rule, leftMs};
		case 'act': {
			const clock = leaderClock(state, nowMs);
			return clock === undefined ? undefined : {type: 'motion', id, content: {kind: 'act', action: request.action, atMs: atMs + clock.offsetMs}, rule: request.rule, leftMs, ...(request.voters === undefined ? {} : {voters: request.voters})};
		}
		default: return request satisfies never;
	}
}

/** How far the leader's clock is from the own one; undefined while that is not known. */
export function leaderClock({leader, self, clock, durable: {term}}: GroupState, nowMs: number): {readonly offsetMs: number; readonly boundMs: number} | undefined {
	if (leader === self.id) return {offsetMs: 0, boundMs: 0};
	return leader === undefined || !isOf(clock, {leader, term}) ? undefined : offsetOf(clock, nowMs);
}

/** What nobody leads cannot be performed at its instant any more. */
const givesUpAtMs = ({leader}: GroupState, {request, atMs, untilMs}: Asked): number => (request.kind === 'act' && leader === undefined ? atMs : untilMs) + answerGraceMs;

function failureOf(state: GroupState, id: string, {request, refusal}: Asked): Result {
	const {leader} = state;
	if (isPromised(state, id)) return {kind: 'verdict', verdict: reportsLost};
	if (request.kind !== 'query') return {kind: 'verdict', verdict: withoutVerdict(leader)};
	if (leader === undefined) return {kind: 'no-leader'};
	return refusal === undefined ? {kind: 'timeout'} : {kind: 'not-leader', leader: refusal.leader};
}

const withoutVerdict = (leader: string | undefined): Verdict => ({
	outcome: leader === undefined ? 'no-quorum' : 'timeout',
	reason: leader === undefined ? 'no leader is known, so no quorum decided' : `the leader ${leader} did not tell a result in time`,
	votes: [], performances: [],
});

function settled(state: GroupState, id: string, result: Result): Turn {
	if (!state.asked.has(id)) return still(state);
	return {state: {...state, asked: withoutEntry(state.asked, id)}, effects: [{do: 'result', id, result}]};
}
