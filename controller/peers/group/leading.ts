import type {Configuration, Proposal} from '../../../store/resources/group-member.js';
import {accepted, compareStamps, isQuorum, proposed, restamped} from './configuration.js';
import type {BodyOf, Message} from './messages.js';
import {presenceOf} from './presence.js';
import {isKnown, nodeOf, type GroupState, type Leading} from './state.js';
import {steppedDown} from './terms.js';
import {broadcasting, inTurn, sending, still, withEntry, type Turn} from './turn.js';

/** More members are not taken in. */
const mostMembers = 256;
/** How much later than usual who follows gives a sign of life when the leader gives none. */
const followingFactor = 1.3;
/** So often a leader tells who is known though all have stored it: a node without a member in the group only listens, and may have come later. */
const toldEveryMs = 10_000;

/** Leads from now on: those who voted count as heard, and the configuration is put under the new term before it can change. */
export function takeLead(state: GroupState, voters: ReadonlySet<string>, nowMs: number): Turn {
	const {durable: {configuration, ...durable}, self} = state;
	if (configuration === undefined) return still(state);
	const followers: Leading['followers'] = new Map([...voters].map(member => [member, {heardMs: nowMs, stamp: undefined}]));
	const role: Leading = {kind: 'leader', followers, inquiries: new Map(), motions: new Map(), verdicts: new Map()};
	return beat({...state, role, leader: self.id, durable: {...durable, configuration: restamped(configuration, durable.term)}}, nowMs);
}

/** Gives a sign of life: as the leader, with the configuration in force. */
export function beat(state: GroupState, nowMs: number): Turn {
	const {role, leader, periods: {heartbeatMs}, durable: {configuration}} = state;
	// Who follows answers each sign of life of the leader, and gives one by itself only when that is late.
	const next = {...state, beatAtMs: nowMs + (leader === undefined || role.kind === 'leader' ? heartbeatMs : heartbeatMs * followingFactor)};
	const presence = presenceOf(next);
	if (role.kind !== 'leader' || configuration === undefined) return broadcasting(next, {type: 'alive', presence});
	const isStoredByAll = [...state.peers].every(([member, {isVisible}]) => !isVisible || compareStamps(role.followers.get(member)?.stamp, configuration.stamp) === 0);
	const isDue = nowMs % toldEveryMs < heartbeatMs * 1.5;
	return broadcasting(next, {type: 'lead', presence, ...(isStoredByAll && !isDue ? {} : {configuration}), sentMs: Math.round(nowMs * 100) / 100});
}

/** A sign of life: of who follows, the leader counts it as heard when its own was sent that it answers. */
export function onAlive(state: GroupState, {from, term}: Message, {presence: {follows}}: BodyOf<'alive'>): Turn {
	const {role} = state;
	if (role.kind !== 'leader' || term !== state.durable.term || follows === undefined) return still(state);
	const heardMs = Math.max(follows.echoMs, role.followers.get(from)?.heardMs ?? Number.NEGATIVE_INFINITY);
	return still({...state, role: {...role, followers: withEntry(role.followers, from, {heardMs, stamp: follows.stamp})}});
}

/** Tells its time. */
export function onClock(state: GroupState, {from}: Message, {sentMs}: BodyOf<'clock'>, nowMs: number): Turn {
	return sending(state, from, {type: 'time', sentMs, receivedMs: nowMs, answeredMs: nowMs});
}

/** Whether more than half of the known members follow, as heard within the peer timeout. */
export function hasQuorum({role, durable: {configuration}, self, periods}: GroupState, nowMs: number): boolean {
	if (role.kind !== 'leader' || configuration === undefined) return false;
	return isQuorum(configuration, member => member === self.id || nowMs - (role.followers.get(member)?.heardMs ?? Number.NEGATIVE_INFINITY) < periods.peerTimeoutMs);
}

/** As the leader, takes the next step in changing who is known, once the last one is stored by a majority in this term. */
export function steerConfiguration(state: GroupState, nowMs: number): Turn {
	const {role, durable, self} = state;
	const {configuration} = durable;
	if (role.kind !== 'leader' || configuration === undefined) return still(state);
	if (!isQuorum(configuration, member => member === self.id || compareStamps(role.followers.get(member)?.stamp, configuration.stamp) === 0)) return still(state);
	const change = changeWanted(state, configuration);
	const next = configuration.proposal !== undefined ? accepted(configuration) : change === undefined ? undefined : proposed(configuration, change);
	if (next !== undefined) return inTurn({...state, durable: {...durable, configuration: next}}, current => beat(current, nowMs), current => steerConfiguration(current, nowMs));
	return still(isKnown(state) ? state : steppedDown(state, nowMs));
}

/** Others leave before the leader itself does, and everybody before somebody joins. The last member stays, and so ends the group with itself. */
function changeWanted({peers, forgotten, leaving, self, durable: {lineage}}: GroupState, {members}: Configuration): Proposal | undefined {
	const leaves = (member: string): boolean => forgotten.has(nodeOf(member)) || peers.get(member)?.leaving === true;
	const leaver = members.find(member => member !== self.id && leaves(member)) ?? (leaving && members.length > 1 ? members.find(member => member === self.id) : undefined);
	if (leaver !== undefined) return {change: 'leave', member: leaver};
	if (members.length >= mostMembers) return undefined;
	const joiner = [...peers].find(([member, peer]) => peer.isVisible && !peer.leaving && peer.lineage === lineage && !members.includes(member) && !forgotten.has(nodeOf(member)));
	return joiner === undefined ? undefined : {change: 'join', member: joiner[0]};
}
