import {isDeepStrictEqual} from 'node:util';
import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance, InstanceSpec} from '../../store/resources/instance.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import {isDeleting} from '../finalizers.js';
import type {SwitchedInstance} from '../ports/switches.js';
import {decideSlot} from '../service/decide.js';
import {contentOf, Draft, labelsOf, targetHash} from '../service/draft.js';
import {suspectedAfterMs, whereaboutsOf} from '../service/fleet.js';
import {isLoser, slotsOfService} from '../service/plan.js';
import {planRollout} from '../service/rollout.js';
import type {Rollout} from '../service/rollout.js';
import type {Slot} from '../service/slot.js';
import {isOpen, isPresent} from '../service/slot.js';
import type {ServiceView} from '../service/view.js';

/** Why a Service cannot be switched, and which node that is about if it is about one. */
export interface Obstacle {
	readonly nodeId?: string;
	readonly because: string;
}

/** What a change of a Service at one instant asks of each node. Nothing is done while there are obstacles. */
export interface SwitchPlan {
	/** Ids of the nodes that run or are to run Instances of it, also those that are to run none any more. */
	readonly nodes: readonly string[];
	readonly instances: readonly (SwitchedInstance & {readonly nodeId: string})[];
	readonly newcomers: readonly {readonly nodeId: string; readonly instance: Instance}[];
	readonly obstacles: readonly Obstacle[];
}

type SlotPlan = Partial<Omit<SwitchPlan, 'nodes'>>;

/** Plans from a view whose Service is as it is to be, with the Instances as they are. All Instances change at once, each where it is; what would have to move cannot be switched. */
export function planSwitch(view: ServiceView): SwitchPlan {
	const {service, fleet} = view;
	const draft = new Draft(view);
	const images = slotsOfService(draft);
	const plans = images.flatMap(({entry, slots}) => slots.map(slot => planSlot(entry, slot, draft)));
	const obstacles: readonly Obstacle[] = isLoser(service) ? [{because: `another service has the name ${service.metadata.name}`}] : [];
	const running = view.instances.filter(instance => !isDeleting(instance) && whereaboutsOf(instance, fleet).kind !== 'forgotten').map(instance => nodeIdOf(instance, view));
	const newcomers = plans.flatMap(plan => plan.newcomers ?? []);
	return {
		nodes: [...new Set([...running, ...newcomers.map(({nodeId}) => nodeId)])].sort(),
		instances: plans.flatMap(plan => plan.instances ?? []),
		newcomers,
		obstacles: [...obstacles, ...plans.flatMap(plan => plan.obstacles ?? [])],
	};
}

function planSlot(entry: ImageEntry, slot: Slot, draft: Draft): SlotPlan {
	const {view} = draft;
	const decision = decideSlot(slot, view);
	switch (decision.do) {
		case 'serve': return planKept(entry, decision.binding.instance, draft);
		case 'bind': return planNew(entry, slot, draft);
		case 'wait': {
			const absent = slot.bindings.find(binding => isOpen(binding) && !isPresent(binding));
			const because = decision.because ?? `slot ${slot.slot} of ${entry.name} waits for the end of what was there`;
			return {obstacles: [{because, ...(absent === undefined ? {} : {nodeId: nodeIdOf(absent.instance, view)})}]};
		}
		default: return decision satisfies never;
	}
}

function planKept(entry: ImageEntry, instance: Instance, draft: Draft): SlotPlan {
	const {view, view: {service}} = draft;
	const nodeId = nodeIdOf(instance, view);
	const {name} = instance.metadata;
	const where = whereaboutsOf(instance, view.fleet);
	// It gets no new work, which is no reason to move: whether it is there it says itself, when it is asked.
	const isDoubtful = where.kind === 'heard' && where.silentMs >= suspectedAfterMs;
	const rollout: Rollout = isDoubtful ? {kind: 'complete'} : planRollout(entry, [instance], {
		hash: targetHash(service, entry), candidates: () => draft.candidates,
		elsewhere: () => (service.spec.perNode === true ? undefined : draft.place({...entry, resources: {}})),
	});
	if (rollout.kind === 'stopped') return {obstacles: [{nodeId, because: rollout.because}]};
	if (rollout.kind === 'step' && rollout.moves) return {obstacles: [{nodeId, because: `${name} would have to move to another node, and only what stays can be switched at one instant`}]};
	const {status: _, ...before} = instance;
	const spec: InstanceSpec = {...instance.spec, ...contentOf(service, entry, rollout.kind === 'step' ? rollout.engine : instance.spec.image.engine)};
	const next: Instance = {...before, metadata: {...before.metadata, labels: labelsOf(service, entry)}, spec};
	return isDeepStrictEqual(next, before) ? {} : {instances: [{nodeId, uid: instance.metadata.uid, epoch: ownershipOf(instance).epoch, generation: instance.metadata.generation, next}]};
}

/** Its uid is the store's to give, once it is bound. */
function planNew(entry: ImageEntry, slot: Slot, draft: Draft): SlotPlan {
	const {service: {metadata: {namespace = ''}}, fleet, now} = draft.view;
	const bound = draft.bind(slot);
	if ('unplaced' in bound) return {obstacles: [{because: `slot ${slot.slot} of ${entry.name} has no place: ${bound.unplaced}`}]};
	if (bound.action.do !== 'create') return {};
	const {name, spec, labels} = bound.action;
	const instance: Instance = {apiVersion: 'motey.io/v1', kind: 'Instance', metadata: {name, namespace, uid: '', resourceVersion: '0', generation: 1, creationTimestamp: now, labels}, spec};
	return {newcomers: [{nodeId: spec.nodeId ?? fleet.self.id, instance}]};
}

/** The node an Instance is bound to, by its id where that is known. */
function nodeIdOf(instance: Instance, {fleet}: ServiceView): string {
	const where = whereaboutsOf(instance, fleet);
	if (where.kind === 'here') return fleet.self.id;
	return where.kind === 'stranger' ? instance.spec.nodeId ?? instance.spec.nodeName : where.nodeId;
}
