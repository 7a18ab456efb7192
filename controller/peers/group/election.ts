import type {Stamp} from '../../../store/resources/group-member.js';
import {compareStamps, isQuorum} from './configuration.js';
import {inTerm} from './durable.js';
import {takeLead} from './leading.js';
import type {BodyOf, Message} from './messages.js';
import {isKnown, type GroupState} from './state.js';
import {awaitingElection} from './terms.js';
import {inTurn, sending, sendingEach, still, type Turn} from './turn.js';

/**
 * Asks the others whether they would vote for it, before it stands and raises the term: so one that can send and not hear, or that was cut off for
 * a while, disturbs nobody. @see D. Ongaro, Consensus: Bridging Theory and Practice, 2014, §9.6, "Preventing disruptions when a server rejoins"
 */
export function soundOut(state: GroupState, nowMs: number): Turn {
	const {durable: {term, configuration}, self} = state;
	const waiting = awaitingElection(state, nowMs);
	if (configuration === undefined || !isKnown(state)) return still(waiting);
	return inTurn(
		{...waiting, role: {kind: 'prospect', granted: new Set([self.id])}},
		current => sendingEach(current, othersOf(current), {type: 'sound', proposed: term + 1, stamp: configuration.stamp}),
		current => standIfGranted(current, nowMs),
	);
}

/**
 * Would vote for a member in a later term, if its configuration is no older than the own one and no leader was heard lately. An older one is answered
 * with the newer: else two might wait for ever, one because it may not be elected, the other because it does not know that a third was taken in.
 */
export function onSound(state: GroupState, {from}: Message, {proposed, stamp}: BodyOf<'sound'>, nowMs: number): Turn {
	const {configuration} = state.durable;
	const isLed = state.role.kind === 'leader' || (state.leader !== undefined && nowMs - state.leaderHeardMs < state.periods.electionMinMs);
	const newer = configuration !== undefined && !isUpToDate(state, stamp) ? {configuration} : {};
	return sending(state, from, {type: 'sounded', proposed, granted: !isLed && proposed > state.durable.term && isUpToDate(state, stamp), ...newer});
}

/** Counts what it would be granted. A newer configuration may come from anybody of the group, as in the protocol that it changes by. @see configuration.ts */
export function onSounded(state: GroupState, {from}: Message, {proposed, granted, configuration}: BodyOf<'sounded'>, nowMs: number): Turn {
	if (configuration !== undefined && state.role.kind === 'prospect' && compareStamps(configuration.stamp, state.durable.configuration?.stamp) > 0) {
		return still({...state, role: {kind: 'follower'}, durable: {...state.durable, configuration}});
	}
	if (!granted || state.role.kind !== 'prospect' || proposed !== state.durable.term + 1) return still(state);
	return standIfGranted({...state, role: {kind: 'prospect', granted: new Set([...state.role.granted, from])}}, nowMs);
}

/** Gives its one vote of this term to the first that asks, if its configuration is no older than the own one. */
export function onCandidacy(state: GroupState, {from, term}: Message, {stamp}: BodyOf<'candidacy'>, nowMs: number): Turn {
	const {durable} = state;
	const granted = term === durable.term && state.role.kind !== 'leader' && (durable.votedFor ?? from) === from && isUpToDate(state, stamp);
	return sending(granted ? {...awaitingElection(state, nowMs), durable: {...durable, votedFor: from}} : state, from, {type: 'ballot', granted});
}

export function onBallot(state: GroupState, {from, term}: Message, {granted}: BodyOf<'ballot'>, nowMs: number): Turn {
	if (!granted || state.role.kind !== 'candidate' || term !== state.durable.term) return still(state);
	return leadIfElected({...state, role: {kind: 'candidate', granted: new Set([...state.role.granted, from])}}, nowMs);
}

function standIfGranted(state: GroupState, nowMs: number): Turn {
	const {role, durable, self} = state;
	const {configuration} = durable;
	if (role.kind !== 'prospect' || configuration === undefined || !isQuorum(configuration, member => role.granted.has(member))) return still(state);
	const standing: GroupState = {...awaitingElection(state, nowMs), leader: undefined, role: {kind: 'candidate', granted: new Set([self.id])}, durable: {...inTerm(durable, durable.term + 1), votedFor: self.id}};
	return inTurn(standing, current => sendingEach(current, othersOf(current), {type: 'candidacy', stamp: configuration.stamp}), current => leadIfElected(current, nowMs));
}

function leadIfElected(state: GroupState, nowMs: number): Turn {
	const {role, durable: {configuration}} = state;
	if (role.kind !== 'candidate' || configuration === undefined || !isQuorum(configuration, member => role.granted.has(member))) return still(state);
	return takeLead(state, role.granted, nowMs);
}

const isUpToDate = ({durable: {configuration}}: GroupState, stamp: Stamp): boolean => configuration !== undefined && compareStamps(stamp, configuration.stamp) >= 0;

const othersOf = ({durable: {configuration}, self}: GroupState): readonly string[] => configuration?.members.filter(member => member !== self.id) ?? [];
