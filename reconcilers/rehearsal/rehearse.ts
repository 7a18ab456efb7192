import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import {failoverDefaults} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {isDeleting} from '../finalizers.js';
import type {Candidate} from '../placement/candidate.js';
import {withPromise} from '../placement/promise.js';
import {decideSlot} from '../service/decide.js';
import {Draft, targetHash} from '../service/draft.js';
import type {FleetView} from '../service/fleet.js';
import {pinnedContents} from '../service/pins.js';
import {slotsOfService} from '../service/plan.js';
import type {Slot} from '../service/slot.js';
import type {ServiceView} from '../service/view.js';

/** What would go somewhere else. */
export interface RehearsedMove {
	/** `namespace/name`. */
	readonly service: string;
	/** The Instance that would be lost. */
	readonly instance: string;
	/** Name of the node it would go to. */
	readonly to: string;
	/** Seconds of silence after which it would begin. */
	readonly afterSeconds: number;
	/** Name of what it runs. */
	readonly image: string;
	/** Ids of what that stands for, one for each kind of machine; none while it is not decided, or the engine's own affair. */
	readonly contents: readonly string[];
}

/** What would go nowhere. */
export interface RehearsedLoss {
	readonly service: string;
	readonly instance: string;
	/** One sentence. */
	readonly because: string;
}

/** What the loss of one node would mean. */
export interface Rehearsal {
	/** Name of the node. */
	readonly node: string;
	readonly moves: readonly RehearsedMove[];
	readonly homeless: readonly RehearsedLoss[];
	/** Services that it owns, `namespace/name`: what they run elsewhere goes on, and nobody decides about them until it returns, is forgotten, or another node takes them over. */
	readonly ownerless: readonly string[];
}

/** A node and what there is, as this node knows it. */
export interface RehearsalView {
	/** Every node that may be lost, by id. */
	readonly nodes: readonly {readonly id: string; readonly name: string}[];
	readonly services: readonly Service[];
	readonly viewOf: (service: Service) => ServiceView;
}

/** What would move where if one node were lost, and what would have no home. Nothing is done. What one Service is given is gone for the next. */
export function rehearse(node: {readonly id: string; readonly name: string}, {services, viewOf}: RehearsalView): Rehearsal {
	const ownerless: string[] = [];
	const moves: RehearsedMove[] = [];
	const homeless: RehearsedLoss[] = [];
	let promised: readonly Promised[] = [];
	for (const service of services.filter(one => !isDeleting(one))) {
		const present = viewOf(service);
		const {owner = present.fleet.self.id} = ownershipOf(service);
		const name = `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
		const hit = present.instances.filter(instance => isBoundTo(instance, node) && !isDeleting(instance));
		if (owner === node.id) {
			ownerless.push(name);
			homeless.push(...hit.map(({metadata}) => ({service: name, instance: metadata.name, because: `${node.name} owns ${name} as well: it waits until ${node.name} returns, another node takes it over as failover.adopt says, or one is told: motey node forget ${node.name}`})));
			continue;
		}
		if (hit.length === 0) continue;
		const view = afterLoss(present, {lost: node, owner, promised});
		const told = loseIn(view, hit);
		moves.push(...told.moves.map(move => ({...move, service: name, afterSeconds: service.spec.failover?.afterSeconds ?? failoverDefaults.afterSeconds})));
		homeless.push(...told.homeless.map(loss => ({...loss, service: name})));
		promised = [...promised, ...told.promised];
	}
	return {node: node.name, moves, homeless, ownerless};
}

/** What was given to earlier Services of a rehearsal. */
interface Promised {
	readonly nodeName: string;
	readonly by: string;
	readonly entry: Slot['entry'];
	readonly hostPorts: ServiceView['hostPorts'];
}

/** The view of a Service's owner once a node has been silent for ever, and nothing else was moved just now. */
function afterLoss(view: ServiceView, {lost, owner, promised}: {readonly lost: {readonly id: string; readonly name: string}; readonly owner: string; readonly promised: readonly Promised[]}): ServiceView {
	const {fleet} = view;
	const all = new Map([...fleet.members, [fleet.self.id, {...fleet.self, silentMs: 0, doubled: false}]]);
	const self = all.get(owner) ?? {...fleet.self, silentMs: 0, doubled: false};
	const others = [...all.values()].filter(({id}) => id !== self.id).map(member => [member.id, member.id === lost.id ? {...member, silentMs: Number.MAX_SAFE_INTEGER} : member] as const);
	const seen: FleetView = {...fleet, self: {id: self.id, name: self.name}, members: new Map(others), lastMove: {nodeId: lost.id, atMs: fleet.nowMs}};
	return {
		...view, fleet: seen, turns: new Map(), leaseAnsweredMs: () => -Infinity,
		candidates: () => promised.reduce<readonly Candidate[]>((candidates, {entry, hostPorts, ...to}) => withPromise(candidates, {...entry, hostPorts: engine => hostPorts(entry, engine)}, to),
			view.candidates().map(candidate => ({...candidate, own: candidate.node.status?.id === self.id, voice: candidate.node.status?.id === lost.id ? 'silent' : candidate.voice}))),
	};
}

interface Told {
	readonly moves: readonly Omit<RehearsedMove, 'service' | 'afterSeconds'>[];
	readonly homeless: readonly Pick<RehearsedLoss, 'instance' | 'because'>[];
	readonly promised: readonly Promised[];
}

/** Decides about each slot that lost its Instance, as the owner would. */
function loseIn(view: ServiceView, hit: readonly Instance[]): Told {
	const draft = new Draft(view);
	const moves: Told['moves'][number][] = [];
	const homeless: Told['homeless'][number][] = [];
	const promised: Promised[] = [];
	for (const {entry, slots} of slotsOfService(draft)) {
		const runs = {image: entry.image, contents: pinnedContents(view.service, {image: entry.name, specHash: targetHash(view.service, entry)})};
		for (const slot of slots) {
			const lost = slot.bindings.map(({instance}) => instance).find(instance => hit.includes(instance));
			if (!lost) continue;
			const instance = lost.metadata.name;
			const decision = decideSlot(slot, draft.view);
			if (decision.do === 'serve') moves.push({instance, to: decision.binding.instance.spec.nodeName, ...runs});
			else if (decision.do === 'wait') homeless.push({instance, because: decision.because ?? `it belongs to its node ${lost.spec.nodeName} and waits for its return`});
			else {
				const bound = draft.bind(slot);
				if ('unplaced' in bound || bound.action.do !== 'create') homeless.push({instance, because: 'unplaced' in bound ? bound.unplaced : ''});
				else {
					const {nodeName} = bound.action.spec;
					moves.push({instance, to: nodeName, ...runs});
					promised.push({nodeName, by: bound.action.name, entry, hostPorts: view.hostPorts});
				}
			}
		}
	}
	return {moves, homeless, promised};
}
