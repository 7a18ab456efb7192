import {leaderClock} from './asking.js';
import type {BodyOf, Message} from './messages.js';
import type {Ballot, GroupState, Plan} from './state.js';
import {inTurn, newestEntries, sending, still, telling, withEntry, type Turn} from './turn.js';

/** Own votes kept, so that each is the same whenever it is asked for. */
const keptBallots = 256;
/** Why a member does not vote on an action yet. */
const unknownClock = 'how far the leader\'s clock is from its own is not known yet';

/** Has its program vote, once; the leader hears at once that it was reached, and the same vote whenever it asks again. */
export function onAsk(state: GroupState, {from, term}: Message, {id, asker, content, leftMs}: BodyOf<'ask'>, nowMs: number): Turn {
	if (term !== state.durable.term) return still(state);
	const known = state.ballots.get(id);
	if (known !== undefined) {
		const next = {...state, ballots: withEntry(state.ballots, id, {...known, leader: from, content})};
		return inTurn(content.kind === 'act' ? replanned(next, id, {leaderAtMs: content.atMs, leader: from, nowMs}) : next, current => castVote(current, id));
	}
	// Right after an election this takes a moment; the leader asks again soon.
	if (content.kind === 'act' && leaderClock(state, nowMs) === undefined) return sending(state, from, {type: 'vote', id, vote: 'considering', reason: unknownClock});
	const ballot: Ballot = {content, leader: from, vote: 'considering', reason: ''};
	const next = {...state, ballots: newestEntries(withEntry(state.ballots, id, ballot), keptBallots)};
	const refusal = content.kind === 'act' ? obstacleOf(next, content.atMs, nowMs) : undefined;
	if (refusal !== undefined) return onVoted(next, {id, vote: 'no', reason: refusal}, nowMs);
	return inTurn(
		next,
		current => castVote(current, id),
		current => telling(current, content.kind === 'poll'
			? {type: 'poll', id, from: asker, topic: content.topic, value: content.value, leftMs}
			: {type: 'prepare', id, from: asker, action: content.action, inMs: content.atMs - (leaderClock(current, nowMs)?.offsetMs ?? 0) - nowMs}),
	);
}

/** Its program has decided. Agreeing to an action that cannot be met any more is refusing it. */
export function onVoted(state: GroupState, {id, vote, reason}: {readonly id: string; readonly vote: 'yes' | 'no'; readonly reason: string}, nowMs: number): Turn {
	const ballot = state.ballots.get(id);
	if (ballot?.vote !== 'considering') return still(state);
	const {content, leader} = ballot;
	const obstacle = vote === 'yes' && content.kind === 'act' ? obstacleOf(state, content.atMs, nowMs) : undefined;
	const decided: Ballot = obstacle === undefined ? {...ballot, vote, reason: reason.slice(0, 1024)} : {...ballot, vote: 'no', reason: obstacle};
	const next = {...state, ballots: withEntry(state.ballots, id, decided)};
	return castVote(content.kind === 'act' && decided.vote === 'yes' ? replanned(next, id, {leaderAtMs: content.atMs, leader, nowMs}) : next, id);
}

function castVote(state: GroupState, id: string): Turn {
	const ballot = state.ballots.get(id);
	return ballot === undefined ? still(state) : sending(state, ballot.leader, {type: 'vote', id, vote: ballot.vote, reason: ballot.reason});
}

/** Why this member could not act at that instant of the leader's clock. */
function obstacleOf(state: GroupState, leaderAtMs: number, nowMs: number): string | undefined {
	const clock = leaderClock(state, nowMs);
	if (clock === undefined) return unknownClock;
	const leftMs = leaderAtMs - clock.offsetMs - nowMs;
	return leftMs > clock.boundMs ? undefined : `the instant is ${Math.round(leftMs)} ms away, which is not more than the error of its clock, ${Math.round(clock.boundMs)} ms`;
}

/** The plan with its instant on the own clock, as far as that is known now. */
function replanned(state: GroupState, id: string, {leaderAtMs, leader, nowMs}: {readonly leaderAtMs: number; readonly leader: string; readonly nowMs: number}): GroupState {
	const clock = leaderClock(state, nowMs);
	const ballot = state.ballots.get(id);
	const before = state.plans.get(id);
	const isOver = before !== undefined && before.state !== 'agreed' && before.state !== 'committed';
	if (clock === undefined || ballot?.content.kind !== 'act' || ballot.vote !== 'yes' || isOver) return state;
	const plan: Plan = {state: 'agreed', deviationMs: 0, ...before, action: ballot.content.action, leader, term: state.durable.term, leaderAtMs, atMs: leaderAtMs - clock.offsetMs, boundMs: clock.boundMs};
	return {...state, plans: newestPlans(withEntry(state.plans, id, plan))};
}

/** What is still to be performed stays, however much has been agreed on since. */
function newestPlans(plans: GroupState['plans']): GroupState['plans'] {
	if (plans.size <= keptBallots) return plans;
	const settled = [...plans].filter(([, {state}]) => state !== 'committed').map(([id]) => id);
	const dropped = new Set(settled.slice(0, plans.size - keptBallots));
	return new Map([...plans].filter(([id]) => !dropped.has(id)));
}
