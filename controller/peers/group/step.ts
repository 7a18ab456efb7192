import {onAnswer, onNotLeader, onRequest, onVerdict, pursueAsked} from './asking.js';
import {onBallot, onCandidacy, onSound, onSounded, soundOut} from './election.js';
import type {GroupEffect, GroupEvent} from './events.js';
import {missLeader, onLead, onTime} from './following.js';
import {foundIfAlone, giveUpIfDeserted, reconcileLineage} from './founding.js';
import {onAnswered, onQuery} from './inquiries.js';
import {beat, hasQuorum, onAlive, onClock, steerConfiguration} from './leading.js';
import type {Body, Message} from './messages.js';
import {onCommitted, onMotion, onPerformed, onVote, pursueMotions} from './motions.js';
import {onAbort, onCommit, performDue, replan} from './performing.js';
import {heard, noticeSilence, onPublication} from './presence.js';
import {isKnown, nodeOf, type GroupState} from './state.js';
import {inLaterTerm, steppedDown} from './terms.js';
import {broadcasting, inTurn, still, telling, type Turn} from './turn.js';
import {onAsk, onVoted} from './voting.js';

/** What only a leader says: of an earlier term it is refused. */
const leadersWords: ReadonlySet<Body['type']> = new Set<Body['type']>(['lead', 'time', 'ask', 'commit', 'abort', 'verdict', 'answer']);

/**
 * One member of one group as a machine: what happens goes in with the time, what is to be done comes out. It has no socket, no timer, no clock and
 * no chance of its own. `nowMs` never runs backwards. Whatever the event is, what time has brought is seen to first.
 */
export function step(before: GroupState, event: GroupEvent, nowMs: number): Turn {
	const turn = inTurn(
		before,
		state => passTime(state, nowMs),
		state => withOwnMessages(handle(state, event, nowMs), nowMs),
		state => withOwnMessages(steerConfiguration(state, nowMs), nowMs),
		state => tellLeader(before, state),
		state => leaveIfAccepted(state),
	);
	if (turn.state.durable === before.durable) return turn;
	return {state: turn.state, effects: [{do: 'store', durable: turn.state.durable}, ...turn.effects]};
}

function passTime(state: GroupState, nowMs: number): Turn {
	return withOwnMessages(inTurn(
		state,
		current => still(current.role.kind === 'leader' && !hasQuorum(current, nowMs) ? steppedDown(current, nowMs) : current),
		current => missLeader(current, nowMs),
		current => noticeSilence(current, nowMs),
		current => giveUpIfDeserted(current, nowMs),
		current => foundIfAlone(current, nowMs),
		current => (current.role.kind !== 'leader' && nowMs >= current.electionAtMs ? soundOut(current, nowMs) : still(current)),
		current => (nowMs >= current.beatAtMs ? beat(current, nowMs) : still(current)),
		current => performDue(current, nowMs),
		current => pursueMotions(current, nowMs),
		current => pursueAsked(current, nowMs),
	), nowMs);
}

function handle(state: GroupState, event: GroupEvent, nowMs: number): Turn {
	switch (event.type) {
		case 'tick': return still(state);
		case 'received': return event.message.from === state.self.id ? still(state) : receive(state, event.message, nowMs);
		case 'publish': {
			const {tag, payload, sentAtMs} = event;
			const sequence = state.published + 1;
			return broadcasting({...state, published: sequence}, {type: 'publication', run: state.self.run, sequence, tag, payload, sentAtMs});
		}
		case 'request': return onRequest(state, event.id, event.request, nowMs);
		case 'voted': return onVoted(state, event, nowMs);
		case 'answered': return onAnswered(state, event.id, event.answer);
		case 'forgotten': return still({...state, forgotten: event.nodes});
		case 'founding': return foundIfAlone({...state, founding: event.may}, nowMs);
		case 'leave': return beat({...state, leaving: true}, nowMs);
		default: return event satisfies never;
	}
}

function receive(given: GroupState, message: Message, nowMs: number): Turn {
	const {from, lineage, body} = message;
	if (given.forgotten.has(nodeOf(from))) return still(given);
	return inTurn(
		given,
		state => (body.type === 'alive' || body.type === 'lead' ? heard(state, {from, lineage, presence: body.presence}, nowMs) : still(state)),
		state => still(reconcileLineage(state, message, nowMs)),
		state => {
			// Whoever belongs to no group yet keeps the terms it has voted in, and so the group has to go beyond them.
			const isOurs = lineage === state.durable.lineage || lineage === undefined;
			const current = isOurs && message.term > state.durable.term ? inLaterTerm(state, message.term, nowMs) : state;
			const isStale = leadersWords.has(body.type) && message.term < current.durable.term;
			return lineage === state.durable.lineage && lineage !== undefined && !isStale ? onMessage(current, message, nowMs) : still(current);
		},
	);
}

function onMessage(state: GroupState, message: Message, nowMs: number): Turn {
	const {body} = message;
	switch (body.type) {
		case 'alive': return onAlive(state, message, body);
		case 'lead': return onLead(state, message, body, nowMs);
		case 'clock': return onClock(state, message, body, nowMs);
		case 'time': return inTurn(state, current => onTime(current, message, body, nowMs), current => still(replan(current, nowMs)));
		case 'sound': return onSound(state, message, body, nowMs);
		case 'sounded': return onSounded(state, message, body, nowMs);
		case 'candidacy': return onCandidacy(state, message, body, nowMs);
		case 'ballot': return onBallot(state, message, body, nowMs);
		case 'publication': return onPublication(state, message, body);
		case 'query': return onQuery(state, message, body);
		case 'answer': return onAnswer(state, body);
		case 'notLeader': return onNotLeader(state, message, body);
		case 'motion': return onMotion(state, message, body, nowMs);
		case 'ask': return onAsk(state, message, body, nowMs);
		case 'vote': return onVote(state, message, body, nowMs);
		case 'commit': return onCommit(state, message, body);
		case 'abort': return onAbort(state, message, body);
		case 'committed': return onCommitted(state, message, body, nowMs);
		case 'performed': return onPerformed(state, message, body, nowMs);
		case 'verdict': return onVerdict(state, body);
		default: return body satisfies never;
	}
}

/** A leader is a member like any other: what it says to itself arrives at once. */
function withOwnMessages(turn: Turn, nowMs: number): Turn {
	const own = (effect: GroupEffect): boolean => effect.do === 'send' && effect.to === turn.state.self.id;
	const messages = turn.effects.flatMap(effect => (effect.do === 'send' && own(effect) ? [effect.message] : []));
	if (messages.length === 0) return turn;
	const others = turn.effects.filter(effect => !own(effect));
	const next = inTurn(turn.state, ...messages.map(message => (state: GroupState) => withOwnMessages(onMessage(state, message, nowMs), nowMs)));
	return {state: next.state, effects: [...others, ...next.effects]};
}

function tellLeader(before: GroupState, state: GroupState): Turn {
	const {leader, durable: {term}} = state;
	if (leader === before.leader && (leader === undefined || term === before.durable.term)) return still(state);
	return telling(state, {type: 'leader', leader, term});
}

/** It has left once it is not among the known ones; the last one takes the group with it. */
function leaveIfAccepted(state: GroupState): Turn {
	const {leaving, durable: {configuration, lineage}, role} = state;
	if (!leaving) return still(state);
	const isLast = configuration?.members.length === 1 && isKnown(state);
	const isOut = lineage === undefined || (!isKnown(state) && configuration !== undefined && role.kind !== 'leader');
	return isLast || isOut ? {state, effects: [{do: 'left'}]} : still(state);
}
