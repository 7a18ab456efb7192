import type {MemberEvent} from './events.js';
import type {BodyOf, Message, Presence} from './messages.js';
import {isKnown, isOver, type GroupState, type Peer} from './state.js';
import {inTurn, still, telling, withEntry, withoutEntry, type Move, type Turn} from './turn.js';

/** More than these are not heard: whoever speaks under ever new names must fill nobody's memory. */
const mostPeers = 512;

/** What this member says of itself with every sign of life. */
export function presenceOf(state: GroupState): Presence {
	const {self: {id, run, kind}, leaving, published, leader, leaderSentMs, durable: {configuration}} = state;
	const stamp = configuration === undefined ? {} : {stamp: configuration.stamp};
	const follows = leader === undefined || leader === id ? {} : {follows: {...stamp, echoMs: leaderSentMs}};
	return {run, kind, pending: !isKnown(state), leaving, published, size: configuration?.members.length ?? 0, led: leader !== undefined, over: isOver(state), ...follows};
}

/** Takes note of a sign of life; tells of a member that was not visible, and of publications that must have been lost. */
export function heard(state: GroupState, {from, lineage, presence}: {readonly from: string; readonly lineage: string | undefined; readonly presence: Presence}, nowMs: number): Turn {
	const {run, kind, pending, leaving, published, size, led, over} = presence;
	const before = state.peers.get(from);
	const isOfUs = state.durable.configuration?.members.includes(from) === true;
	if (before === undefined && !isOfUs && state.peers.size >= mostPeers) return still(state);
	// Whoever is heard for the first time has published what it has before this member was there; in a new run everything is new.
	const delivered = before === undefined ? published : before.run === run ? before.delivered : 0;
	const peer: Peer = {heardMs: nowMs, isVisible: true, kind, run, pending, leaving, led, over, lineage, size, delivered: Math.max(delivered, published)};
	const next = {...state, peers: withEntry(state.peers, from, peer)};
	return inTurn(
		next,
		tellIf(before?.isVisible !== true, {type: 'joined', member: from, kind}),
		tellIf(published > delivered, {type: 'gap', from, first: delivered + 1, last: published}),
	);
}

/** Hands a publication on, after a word of those before it that were lost; one that comes late or again is passed over. */
export function onPublication(state: GroupState, {from}: Message, {run, sequence, tag, payload, sentAtMs}: BodyOf<'publication'>): Turn {
	const peer = state.peers.get(from);
	if (peer === undefined) return still(state);
	const delivered = peer.run === run ? peer.delivered : 0;
	if (sequence <= delivered) return still(state);
	const next = {...state, peers: withEntry(state.peers, from, {...peer, run, delivered: sequence})};
	return inTurn(
		next,
		tellIf(sequence > delivered + 1, {type: 'gap', from, first: delivered + 1, last: sequence - 1}),
		current => telling(current, {type: 'message', from, tag, payload, sequence, sentAtMs}),
	);
}

/** Tells of everybody who has been silent for too long; strangers among them are forgotten. */
export function noticeSilence(state: GroupState, nowMs: number): Turn {
	const silent = [...state.peers].filter(([, {isVisible, heardMs}]) => isVisible && nowMs - heardMs >= state.periods.peerTimeoutMs);
	return inTurn(state, ...silent.map(([member, peer]): Move => current => {
		const isOfUs = current.durable.configuration?.members.includes(member) === true;
		const peers = isOfUs ? withEntry(current.peers, member, {...peer, isVisible: false}) : withoutEntry(current.peers, member);
		return telling({...current, peers}, {type: 'left', member, kind: peer.kind});
	}));
}

const tellIf = (holds: boolean, event: MemberEvent): Move => state => (holds ? telling(state, event) : still(state));
