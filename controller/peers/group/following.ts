import {isOf, samplesKept, withExchange} from './clock-estimate.js';
import {compareStamps} from './configuration.js';
import {beat} from './leading.js';
import type {BodyOf, Message} from './messages.js';
import type {GroupState} from './state.js';
import {awaitingElection} from './terms.js';
import {inTurn, sending, still, type Turn} from './turn.js';

/** Between two questions for the leader's time, once the estimate is good. */
const clockEveryMs = 8000;

/** Follows the leader of its term: takes its configuration over, and answers, which is what the leader counts. Now and then it asks for its time. */
export function onLead(state: GroupState, {from, term}: Message, {configuration, sentMs}: BodyOf<'lead'>, nowMs: number): Turn {
	const {durable} = state;
	if (term !== durable.term || state.role.kind === 'leader') return still(state);
	const isNewer = configuration !== undefined && compareStamps(configuration.stamp, durable.configuration?.stamp) > 0;
	const heard = {role: {kind: 'follower'}, leader: from, leaderHeardMs: nowMs, leaderSentMs: sentMs} as const;
	return inTurn(
		awaitingElection({...state, ...heard, durable: isNewer ? {...durable, configuration} : durable}, nowMs),
		current => beat(current, nowMs),
		current => askClock(current, from, nowMs),
	);
}

/** Often until there is something to choose from, then so seldom that drift stays small beside the round trip. */
function askClock(state: GroupState, leader: string, nowMs: number): Turn {
	const hasEnough = isOf(state.clock, {leader, term: state.durable.term}) && state.clock.samples.length >= samplesKept;
	if (hasEnough && nowMs - state.clockAskedMs < clockEveryMs) return still(state);
	return sending({...state, clockAskedMs: nowMs}, leader, {type: 'clock', sentMs: nowMs});
}

/** The leader has told its time. */
export function onTime(state: GroupState, {from}: Message, {sentMs, receivedMs, answeredMs}: BodyOf<'time'>, nowMs: number): Turn {
	if (from !== state.leader) return still(state);
	return still({...state, clock: withExchange(state.clock, {leader: from, term: state.durable.term}, {sentMs, receivedMs, answeredMs, nowMs})});
}

/** Knows no leader any more once it has not heard it for the peer timeout. */
export function missLeader(state: GroupState, nowMs: number): Turn {
	const {leader, self, leaderHeardMs, periods} = state;
	return still(leader !== undefined && leader !== self.id && nowMs - leaderHeardMs >= periods.peerTimeoutMs ? {...state, leader: undefined} : state);
}
