import {firstConfiguration} from './configuration.js';
import {withoutGroup} from './durable.js';
import type {Message, Presence} from './messages.js';
import {isKnown, isOver, nodeOf, type GroupState, type Peer} from './state.js';
import {steppedDown} from './terms.js';
import {still, type Turn} from './turn.js';

/**
 * Begins a group of its own when no known member of any is to be heard, and it is none itself, or a known one of a group that all who are left hold
 * for over. Of several that wait together the one with the smallest id begins. It is a majority of itself, and so elected at once.
 */
export function foundIfAlone(state: GroupState, nowMs: number): Turn {
	const {durable, founding, leaving, peers, self, startedMs, leaderHeardMs, periods} = state;
	if (founding === 'never' || leaving || (isKnown(state) && !mayBeSucceeded(state))) return still(state);
	if (founding === 'after-listening' && nowMs - Math.max(startedMs, leaderHeardMs) < periods.peerTimeoutMs) return still(state);
	const isAhead = ([id, peer]: [string, Peer]): boolean => peer.isVisible && !peer.leaving && (!(peer.pending || peer.over) || id < self.id);
	if ([...peers].some(isAhead)) return still(state);
	// One run may begin several groups, one after the other: two of one lineage would be taken for one.
	const lineage = state.founded === 0 ? self.run : `${self.run}.${state.founded}`;
	return still({...state, founded: state.founded + 1, role: {kind: 'follower'}, electionAtMs: nowMs, durable: {...durable, lineage, configuration: firstConfiguration(self.id, durable.term)}});
}

/**
 * An operator's word that members are lost for good cannot make a minority of their group a majority: the forgotten ones may live, and lead it. So
 * another group follows it, with a lineage of its own. That none of those who are left leads, votes or elects in the old one any more is certain
 * because each of them says that it is over, as it listens to no forgotten one; one that is not heard is waited for.
 */
function mayBeSucceeded(state: GroupState): boolean {
	const {durable: {configuration, lineage}, forgotten, leader, peers, role, self} = state;
	if (!isOver(state) || leader !== undefined || role.kind === 'leader') return false;
	const left = configuration?.members.filter(member => member !== self.id && !forgotten.has(nodeOf(member))) ?? [];
	return left.every(member => {
		const peer = peers.get(member);
		return peer?.isVisible === true && !peer.led && (peer.over || peer.lineage !== lineage);
	});
}

/**
 * Groups that were begun apart under one name become one when they meet, member by member: whoever belongs to none enters the one it hears lead;
 * the members of the smaller one (of the one with the greater lineage among equals) give it up, if the other has a leader, and so do those whom most
 * have left for it. Terms are kept, so that no vote is given twice.
 */
export function reconcileLineage(state: GroupState, {lineage, body}: Message, nowMs: number): GroupState {
	const {durable} = state;
	if (lineage === undefined || lineage === durable.lineage || (body.type !== 'lead' && body.type !== 'alive')) return state;
	if (durable.lineage === undefined) return body.type === 'lead' ? {...state, durable: {...durable, lineage}} : state;
	if (!isYieldedTo(state, lineage, body.presence)) return state;
	return belongingToNone(state, nowMs);
}

/**
 * Belongs to no group any more when so many of the known members left it that the others cannot be a majority ever again: nobody could let it go. Nor
 * does one that heard a group lead, never who is in it, and hears it no more: without its configuration it has no vote to give, and those who count
 * on that must see that it is none of them.
 */
export function giveUpIfDeserted(state: GroupState, nowMs: number): Turn {
	const {durable: {lineage, configuration}, leader, leaderHeardMs, startedMs, periods: {peerTimeoutMs}} = state;
	const isLost = lineage !== undefined && configuration === undefined && leader === undefined && nowMs - Math.max(startedMs, leaderHeardMs) >= peerTimeoutMs;
	return still(isLost || (isKnown(state) && state.role.kind !== 'leader' && isDeserted(state)) ? belongingToNone(state, nowMs) : state);
}

function belongingToNone(state: GroupState, nowMs: number): GroupState {
	return {...steppedDown(state, nowMs), startedMs: nowMs, durable: withoutGroup(state.durable)};
}

function isYieldedTo(state: GroupState, lineage: string, {led, pending, size}: Presence): boolean {
	if (!led || pending) return false;
	if ((!isKnown(state) && state.leader === undefined) || isOver(state) || isDeserted(state)) return true;
	const own = state.durable.configuration?.members.length ?? 0;
	return size > own || (size === own && lineage < (state.durable.lineage ?? ''));
}

/**
 * Whoever is heard with another group's name, or with none, has given up this one, and will not vote in it before its leader takes it in again. Nor
 * will one that came back, or was taken in while it was away, and has not heard who is known: without a leader nobody tells it.
 */
function isDeserted({durable: {configuration, lineage}, peers, leader}: GroupState): boolean {
	const members = configuration?.members ?? [];
	const left = members.filter(member => {
		const peer = peers.get(member);
		return peer?.isVisible !== true || (peer.lineage === lineage && (peer.size > 0 || leader !== undefined));
	});
	return left.length * 2 <= members.length;
}
