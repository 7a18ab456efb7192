import {withExchange} from './clock-estimate.js';
import {compareStamps} from './configuration.js';
import type {BodyOf, Message} from './messages.js';
import type {GroupState} from './state.js';
import {awaitingElection} from './terms.js';
import {sending, still, type Turn} from './turn.js';

/** Follows the leader of its term: takes its configuration over, and answers, which is what the leader counts. */
export function onLead(state: GroupState, {from, term}: Message, {configuration, sentMs}: BodyOf<'lead'>, nowMs: number): Turn {
	const {durable} = state;
	if (term !== durable.term || state.role.kind === 'leader') return still(state);
	const isNewer = compareStamps(configuration.stamp, durable.configuration?.stamp) > 0;
	const next = awaitingElection({...state, role: {kind: 'follower'}, leader: from, leaderHeardMs: nowMs, durable: isNewer ? {...durable, configuration} : durable}, nowMs);
	return sending(next, from, {type: 'follow', stamp: next.durable.configuration?.stamp ?? configuration.stamp, echoMs: sentMs, sentMs: nowMs});
}

/** The leader has told its time. */
export function onTime(state: GroupState, {from}: Message, {sentMs, receivedMs, answeredMs}: BodyOf<'time'>, nowMs: number): Turn {
	if (from !== state.leader) return still(state);
	return still({...state, clock: withExchange(state.clock, from, {sentMs, receivedMs, answeredMs, nowMs})});
}

/** Knows no leader any more once it has not heard it for the peer timeout. */
export function missLeader(state: GroupState, nowMs: number): Turn {
	const {leader, self, leaderHeardMs, periods} = state;
	return still(leader !== undefined && leader !== self.id && nowMs - leaderHeardMs >= periods.peerTimeoutMs ? {...state, leader: undefined} : state);
}
