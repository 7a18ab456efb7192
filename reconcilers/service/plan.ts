import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance} from '../../store/resources/instance.js';
import {conflictAnnotation} from '../../store/resources/ownership.js';
import {replicasOf} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {containerFinalizer, holds, isDeleting, slotFinalizer} from '../finalizers.js';
import {whereaboutsOf} from './fleet.js';
import {leaseLeftMs} from './decide.js';
import {Draft} from './draft.js';
import {slotsPerNode} from './per-node.js';
import {planSlots} from './plan-slots.js';
import {marksOf} from './silence.js';
import {bindingsOf, untilSilentMs} from './slot.js';
import type {Slot} from './slot.js';
import type {ServiceAction, ServicePlan, ServiceView} from './view.js';

/** Desired images × replicas against the Instances there are. A converged state gives no actions; the same view gives the same plan. */
export function planService(view: ServiceView): ServicePlan {
	const {service, fleet} = view;
	const draft = new Draft(view);
	const images = slotsOfService(draft);
	const marks = marksOf(view);
	const again = view.instances.flatMap(instance => untilSilentMs({instance, where: whereaboutsOf(instance, fleet)}) ?? []);
	if (isLoser(service)) return {...nothing(draft), actions: marks, images: images.map(({entry, slots}) => ({name: entry.name, slots: new Set(slots.map(({slot}) => slot)), rollout: {kind: 'complete'}}))};

	const wanted = new Set(images.flatMap(({slots}) => slots.flatMap(({bindings}) => bindings.map(({instance}) => instance))));
	const surplus = view.instances.filter(instance => !wanted.has(instance)).flatMap(instance => endForGood(instance, view));
	const plans = images.map(({entry, slots}) => planSlots(entry, slots, draft));
	const nowhere = images.flatMap(({entry, slots}) => {
		const placement = service.spec.perNode === true && slots.length === 0 ? draft.place(entry) : undefined;
		return placement?.kind === 'unplaceable' ? [placement.explanation] : [];
	});
	const againAfterMs = Math.min(...again, ...plans.flatMap(plan => plan.againAfterMs));
	return {
		...nothing(draft),
		actions: [...marks, ...surplus, ...plans.flatMap(plan => plan.actions)],
		images: plans.map(plan => plan.image),
		unplaced: [...nowhere, ...plans.flatMap(plan => plan.unplaced)],
		waiting: plans.flatMap(plan => plan.waiting),
		staying: plans.flatMap(plan => plan.staying),
		...(Number.isFinite(againAfterMs) ? {againAfterMs} : {}),
	};
}

/** The wanted slots of each image, with everything that is bound for them; none of a Service that is being deleted. */
export function slotsOfService(draft: Draft): readonly {readonly entry: ImageEntry; readonly slots: readonly Slot[]}[] {
	const {service, instances} = draft.view;
	const grouped = bySlot(instances);
	const entries = isDeleting(service) ? [] : service.spec.images;
	return entries.map(entry => ({entry, slots: slotsOf(entry, grouped.get(entry.name) ?? new Map<number, readonly Instance[]>(), draft)}));
}

/** Whether another Service keeps the name, which was created elsewhere while the two nodes were apart: this one keeps what it runs and starts nothing. */
export const isLoser = (service: Service): boolean => service.metadata.annotations?.[conflictAnnotation] !== undefined && !isDeleting(service);

const nothing = (draft: Draft): ServicePlan => ({
	actions: [], images: [], unplaced: [], waiting: [], staying: [], fence: draft.fence, turns: draft.turns,
	...(draft.lastMove === undefined ? {} : {lastMove: draft.lastMove}),
});

function slotsOf(entry: ImageEntry, present: ReadonlyMap<number, readonly Instance[]>, draft: Draft): readonly Slot[] {
	const {service: {spec}, fleet} = draft.view;
	if (spec.perNode === true) return slotsPerNode(entry, present, draft);
	return Array.from({length: replicasOf(spec, entry)}, (_, slot) => ({entry, slot, bindings: bindingsOf(present.get(slot) ?? [], fleet)}));
}

function bySlot(instances: readonly Instance[]): ReadonlyMap<string, ReadonlyMap<number, readonly Instance[]>> {
	const images = new Map<string, Map<number, Instance[]>>();
	for (const instance of instances) {
		const {image: {name}, slot} = instance.spec;
		const slots = images.get(name) ?? new Map<number, Instance[]>();
		slots.set(slot, [...slots.get(slot) ?? [], instance]);
		images.set(name, slots);
	}
	return images;
}

function endForGood(instance: Instance, view: ServiceView): readonly ServiceAction[] {
	const where = whereaboutsOf(instance, view.fleet);
	const isGone = where.kind === 'forgotten' && holds(instance, containerFinalizer) && leaseLeftMs([{instance, where}], view) === 0;
	if (isGone) return [{do: 'confirm', instance, refill: false}];
	if (!isDeleting(instance)) return [{do: 'end', instance, refill: false}];
	return holds(instance, slotFinalizer) ? [{do: 'release', instance}] : [];
}

