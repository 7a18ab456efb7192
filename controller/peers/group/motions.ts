import {hasQuorum} from './leading.js';
import type {Body, BodyOf, Message, Outcome, Verdict} from './messages.js';
import {agreed, tally, votesOf, type Motion} from './motion.js';
import {reportsMs, resendMs} from './periods.js';
import {isPromised, reportsLost} from './promised.js';
import type {GroupState, Leading} from './state.js';
import {inTurn, newestEntries, sending, sendingEach, still, withEntry, withoutEntry, type Move, type Turn} from './turn.js';

const keptVerdicts = 100;
const mostMotions = 100;
/** How long a decided poll still waits for the votes of others. */
const strayVotesMs = 100;

/** As the leader, has a poll or an action voted on, once however often it is asked for; a known verdict is given again. */
export function onMotion(state: GroupState, {from}: Message, {id, content, rule, leftMs, voters}: BodyOf<'motion'>, nowMs: number): Turn {
	const {role, leader, durable: {configuration}, periods} = state;
	if (role.kind !== 'leader' || configuration === undefined) return sending(state, from, {type: 'notLeader', id, ...(leader === undefined ? {} : {leader})});
	const known = role.verdicts.get(id);
	if (known !== undefined) return sending(state, from, {type: 'verdict', id, verdict: known});
	if (role.motions.has(id)) return still(state);
	const refuse = (reason: string): Turn => sending(state, from, {type: 'verdict', id, verdict: {outcome: 'rejected', reason, votes: [], performances: []}});
	if (role.motions.size >= mostMotions) return refuse(`${mostMotions} polls and actions are under way already`);
	if (content.kind === 'act' && content.atMs <= nowMs) return isPromised(state, id) ? sending(state, from, {type: 'verdict', id, verdict: reportsLost}) : refuse('the instant is past');
	const strangers = (voters ?? []).filter(voter => !configuration.members.includes(voter));
	if (strangers.length > 0) return refuse(`${strangers.join(', ')} does not count in the group yet`);
	// Half of the time that is left is for votes, the other for telling everybody what they decided.
	const untilMs = nowMs + (content.kind === 'poll' ? leftMs : Math.min(periods.pollMs, (content.atMs - nowMs) / 2));
	const motion: Motion = {asker: from, content, rule, members: voters ?? configuration.members, votes: new Map(), phase: {kind: 'voting'}, begunAtMs: nowMs, untilMs, resendAtMs: nowMs};
	return pursue(withMotion(state, role, id, motion), id, nowMs);
}

/** A member has voted. What it says counts if it was known when the vote began. */
export function onVote(state: GroupState, {from, term}: Message, {id, vote, reason}: BodyOf<'vote'>, nowMs: number): Turn {
	return revised(state, {id, from, term}, motion => {
		// That somebody considers may arrive after what it decided.
		const isNews = vote !== 'considering' || !motion.votes.has(from);
		return motion.phase.kind === 'voting' && isNews ? {...motion, votes: withEntry(motion.votes, from, {vote, reason})} : motion;
	}, nowMs);
}

/** A member has stored that the action is accepted. */
export function onCommitted(state: GroupState, {from, term}: Message, {id}: BodyOf<'committed'>, nowMs: number): Turn {
	return revised(state, {id, from, term}, motion => (motion.phase.kind === 'committing' ? {...motion, phase: {...motion.phase, committed: new Set([...motion.phase.committed, from])}} : motion), nowMs);
}

/** A member has performed the action, or has missed its instant. */
export function onPerformed(state: GroupState, {from, term}: Message, {id, performed, deviationMs, boundMs}: BodyOf<'performed'>, nowMs: number): Turn {
	const report = {member: from, performed, deviationMs, boundMs};
	return revised(state, {id, from, term}, motion => (motion.phase.kind === 'performing' ? {...motion, phase: {...motion.phase, performances: withEntry(motion.phase.performances, from, report)}} : motion), nowMs);
}

/** Takes every motion as far as it goes now, and asks those again that have not answered. */
export function pursueMotions(state: GroupState, nowMs: number): Turn {
	return state.role.kind === 'leader' ? inTurn(state, ...[...state.role.motions.keys()].map((id): Move => current => pursue(current, id, nowMs))) : still(state);
}

/** When something is to be done about a motion at the latest. */
export function motionDueMs(motion: Motion): number {
	const {phase, untilMs, resendAtMs} = motion;
	if (phase.kind === 'voting') return Math.min(untilMs, resendAtMs);
	if (phase.kind === 'committing') return Math.min(phase.untilMs, resendAtMs);
	return Math.min(instantOf(motion) + reportsMs, resendAtMs);
}

function revised(state: GroupState, {id, from, term}: {readonly id: string; readonly from: string; readonly term: number}, change: (motion: Motion) => Motion, nowMs: number): Turn {
	const {role, durable} = state;
	const motion = role.kind === 'leader' ? role.motions.get(id) : undefined;
	if (role.kind !== 'leader' || motion === undefined || term !== durable.term || !motion.members.includes(from)) return still(state);
	return pursue(withMotion(state, role, id, change(motion)), id, nowMs);
}

function pursue(state: GroupState, id: string, nowMs: number): Turn {
	const motion = state.role.kind === 'leader' ? state.role.motions.get(id) : undefined;
	if (motion === undefined) return still(state);
	const {phase} = motion;
	switch (phase.kind) {
		case 'voting': return pursueVoting(state, id, motion, nowMs);
		case 'committing': return pursueCommitting(state, id, motion, nowMs);
		case 'performing': return pursuePerforming(state, id, motion, nowMs);
		default: return phase satisfies never;
	}
}

function pursueVoting(state: GroupState, id: string, motion: Motion, nowMs: number): Turn {
	const {content, members, votes, rule, untilMs} = motion;
	const hasVoted = (member: string): boolean => ['yes', 'no'].includes(votes.get(member)?.vote ?? '');
	const now = tally(motion);
	const isOver = nowMs >= untilMs || members.every(hasVoted);
	if (now !== 'open' && isOver) {
		if (now === 'rejected') return concluded(state, id, {outcome: 'rejected', reason: rule === 'consensus' ? 'not all agree' : 'no majority agrees'});
		return content.kind === 'act' ? begun(state, id, motion, nowMs) : concluded(state, id, {outcome: 'accepted', reason: ''});
	}
	// What is decided waits a moment for the votes that are on their way. An action waits for all that may come in time: whoever agrees takes part.
	if (now !== 'open' && state.role.kind === 'leader' && untilMs > nowMs + strayVotesMs && !(content.kind === 'act' && now === 'accepted')) {
		return pursueVoting(withMotion(state, state.role, id, {...motion, untilMs: nowMs + strayVotesMs}), id, {...motion, untilMs: nowMs + strayVotesMs}, nowMs);
	}
	if (!isOver) return askAgain(state, id, {missing: members.filter(member => !hasVoted(member)), nowMs, body: {type: 'ask', id, asker: motion.asker, content, leftMs: untilMs - nowMs}});
	return concluded(state, id, undecided(state, motion, nowMs));
}

function undecided(state: GroupState, {members, votes, begunAtMs}: Motion, nowMs: number): Pick<Verdict, 'outcome' | 'reason'> {
	const heardOf = members.filter(member => votes.has(member)).length;
	const isEverybody = members.length === state.durable.configuration?.members.length;
	const lastedMs = nowMs - begunAtMs;
	// Whoever is elected in the middle of it may hear of it when it is all but over: that nobody has answered by then says nothing of them.
	const isTooShort = lastedMs < resendMs;
	if (!hasQuorum(state, nowMs) || (isEverybody && heardOf * 2 <= members.length && !isTooShort)) return {outcome: 'no-quorum', reason: `only ${heardOf} of ${members.length} known members were reached`};
	const silent = members.filter(member => !['yes', 'no'].includes(votes.get(member)?.vote ?? ''));
	return {outcome: 'timeout', reason: `no vote in time from ${silent.join(', ')}${isTooShort ? `: who leads now was asked only ${Math.round(lastedMs)} ms before its end` : ''}`};
}

function begun(state: GroupState, id: string, motion: Motion, nowMs: number): Turn {
	// Early enough before the instant that those who were told can still be told otherwise.
	const phase = {kind: 'committing', untilMs: nowMs + (instantOf(motion) - nowMs) * 0.6, committed: new Set<string>()} as const;
	return state.role.kind === 'leader' ? pursue(withMotion(state, state.role, id, {...motion, phase, resendAtMs: nowMs}), id, nowMs) : still(state);
}

function pursueCommitting(state: GroupState, id: string, motion: Motion, nowMs: number): Turn {
	const {phase, rule, members} = motion;
	if (phase.kind !== 'committing' || state.role.kind !== 'leader') return still(state);
	const missing = agreed(motion).filter(member => !phase.committed.has(member));
	const isEnough = rule === 'consensus' ? missing.length === 0 : phase.committed.size * 2 > members.length;
	if (missing.length === 0 || (isEnough && nowMs >= phase.untilMs)) {
		return pursue(withMotion(state, state.role, id, {...motion, phase: {kind: 'performing', performances: new Map()}, resendAtMs: instantOf(motion) + resendMs}), id, nowMs);
	}
	if (nowMs < phase.untilMs) return askAgain(state, id, {missing, nowMs, body: {type: 'commit', id}});
	return concluded(state, id, {outcome: 'rejected', reason: `not confirmed in time by ${missing.join(', ')}, so it was called off`});
}

function pursuePerforming(state: GroupState, id: string, motion: Motion, nowMs: number): Turn {
	const {phase, content} = motion;
	if (phase.kind !== 'performing' || content.kind !== 'act') return still(state);
	const missing = agreed(motion).filter(member => !phase.performances.has(member));
	if (missing.length === 0 || nowMs >= content.atMs + reportsMs) {
		return concluded(state, id, {outcome: 'accepted', reason: missing.length === 0 ? '' : `no report from ${missing.join(', ')}`});
	}
	return askAgain(state, id, {missing, nowMs, body: {type: 'commit', id}});
}

function askAgain(state: GroupState, id: string, {missing, nowMs, body}: {readonly missing: readonly string[]; readonly nowMs: number; readonly body: Body}): Turn {
	const motion = state.role.kind === 'leader' ? state.role.motions.get(id) : undefined;
	if (state.role.kind !== 'leader' || motion === undefined || nowMs < motion.resendAtMs) return still(state);
	return sendingEach(withMotion(state, state.role, id, {...motion, resendAtMs: nowMs + resendMs}), missing, body);
}

function concluded(state: GroupState, id: string, {outcome, reason}: {readonly outcome: Outcome; readonly reason: string}): Turn {
	const {role} = state;
	const motion = role.kind === 'leader' ? role.motions.get(id) : undefined;
	if (role.kind !== 'leader' || motion === undefined) return still(state);
	const {phase} = motion;
	const verdict: Verdict = {outcome, reason, votes: votesOf(motion), performances: phase.kind === 'performing' ? [...phase.performances.values()] : []};
	const verdicts = newestEntries(withEntry(role.verdicts, id, verdict), keptVerdicts);
	return inTurn(
		{...state, role: {...role, motions: withoutEntry(role.motions, id), verdicts}},
		// Also those may be about to act whom an earlier leader told to.
		current => (motion.content.kind === 'act' && outcome !== 'accepted' ? sendingEach(current, motion.members, {type: 'abort', id}) : still(current)),
		current => sending(current, motion.asker, {type: 'verdict', id, verdict}),
	);
}

const instantOf = ({content, untilMs}: Motion): number => (content.kind === 'act' ? content.atMs : untilMs);

const withMotion = (state: GroupState, role: Leading, id: string, motion: Motion): GroupState => ({...state, role: {...role, motions: withEntry(role.motions, id, motion)}});
