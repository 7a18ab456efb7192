import type {Instance} from '../../store/resources/instance.js';
import {isBoundTo} from '../../store/resources/instance.js';
import {adoptionOf} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {PeerView} from '../ports/peers.js';

/** A node that was silent for so long is said to be: its Node is not ready and its Instances are Unknown. */
export const silentAfterMs = 10_000;
/** A node that was silent for so long gets no new work. */
export const suspectedAfterMs = 4000;
/** The work of one node is moved, then for so long that of no other. */
export const movePauseMs = 10_000;

/** The last node whose work was placed anew, and since when that is under way. */
export interface LastMove {
	readonly nodeId: string;
	/** Monotonic. */
	readonly atMs: number;
}

/** The other members as the owner hears them at one moment. Ages are on its own monotonic clock: no clock of another machine takes part. */
export interface FleetView {
	readonly self: {readonly id: string; readonly name: string};
	/** Every other member, by id. */
	readonly members: ReadonlyMap<string, Pick<PeerView, 'id' | 'name' | 'silentMs' | 'doubled' | 'votes'>>;
	/** Whether an operator said that a node is gone for good. */
	readonly isForgotten: (nodeId: string) => boolean;
	/** Monotonic, as all times here. */
	readonly nowMs: number;
	readonly lastMove?: LastMove;
}

/**
 * Where an Instance is bound to, as its owner knows it. `stranger`: to a node of which nothing is known, neither that it is a member nor that it
 * was forgotten; nothing is concluded from that.
 */
export type Whereabouts =
	| {readonly kind: 'here'}
	| {readonly kind: 'heard'; readonly nodeId: string; readonly silentMs: number}
	| {readonly kind: 'silent'; readonly nodeId: string; readonly silentMs: number}
	| {readonly kind: 'forgotten'; readonly nodeId: string}
	| {readonly kind: 'stranger'};

/** Where an Instance is bound to. */
export function whereaboutsOf(instance: Instance, fleet: FleetView): Whereabouts {
	if (isBoundTo(instance, fleet.self)) return {kind: 'here'};
	const {nodeId, nodeName} = instance.spec;
	if (nodeId !== undefined && fleet.isForgotten(nodeId)) return {kind: 'forgotten', nodeId};
	const member = nodeId === undefined ? [...fleet.members.values()].find(({name}) => name === nodeName) : fleet.members.get(nodeId);
	if (!member) return {kind: 'stranger'};
	const {id, silentMs} = member;
	return {kind: silentMs >= silentAfterMs ? 'silent' : 'heard', nodeId: id, silentMs};
}

/** How many of the members are heard, this node counted, and who is not. */
export function attendanceOf({members}: FleetView): {readonly seen: number; readonly all: number; readonly silent: readonly string[]} {
	const voters = [...members.values()].filter(({votes}) => votes !== false);
	const silent = voters.filter(({silentMs}) => silentMs >= silentAfterMs).map(({name}) => name).sort();
	return {seen: voters.length + 1 - silent.length, all: voters.length + 1, silent};
}

/**
 * Former owners of a Service, by name, that do not know yet that it was taken over from them: until they do, or are forgotten, its record stays, since
 * they would bring it back.
 */
export function unheardBy(service: Service, {members, isForgotten}: Pick<FleetView, 'members' | 'isForgotten'>): readonly string[] {
	return (adoptionOf(service)?.unheard ?? []).filter(id => !isForgotten(id)).flatMap(id => members.get(id)?.name ?? []);
}
