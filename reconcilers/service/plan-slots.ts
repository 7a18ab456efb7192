import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance} from '../../store/resources/instance.js';
import {containerFinalizer, holds} from '../finalizers.js';
import {decideSlot, leaseLeftMs} from './decide.js';
import type {Decision} from './decide.js';
import {contentOf, labelsOf, targetHash} from './draft.js';
import type {Draft} from './draft.js';
import {failoverOf} from './failover.js';
import {leaveOf} from './leave.js';
import {planRollout} from './rollout.js';
import type {Rollout} from './rollout.js';
import {isLive, isOpen, isPresent, isSpent} from './slot.js';
import type {Binding, Slot} from './slot.js';
import type {ImagePlan, ServiceAction, SlotName} from './view.js';

/** Turns to move away are asked for again after this time. */
const turnPauseMs = 1000;

/** What is planned for the slots of one entry. */
export interface SlotsPlan {
	readonly image: ImagePlan;
	readonly actions: readonly ServiceAction[];
	readonly unplaced: readonly string[];
	readonly waiting: readonly string[];
	readonly staying: readonly string[];
	readonly againAfterMs: readonly number[];
}

/** What is planned for one slot. */
interface SlotPlan extends Partial<Omit<SlotsPlan, 'image'>> {
	/** The binding that a replacement of containers takes part in. */
	readonly rolls?: Binding;
}

/** Fills, moves, ends and updates what the slots of one entry need. */
export function planSlots(entry: ImageEntry, slots: readonly Slot[], draft: Draft): SlotsPlan {
	const {view} = draft;
	// Each is decided after those before it were planned, because of what they move.
	const plans = slots.map(slot => planSlot(slot, decideSlot(slot, draft.view), draft));
	const rolling = plans.flatMap(({rolls}) => (rolls ? [rolls.instance] : []));
	const rollout = planRollout(entry, rolling, {
		hash: targetHash(view.service, entry), candidates: () => draft.candidates,
		elsewhere: () => (view.service.spec.perNode === true ? undefined : draft.place({...entry, resources: {}})),
	});
	const ending = new Set(plans.flatMap(({actions = []}) => actions.flatMap(action => (action.do === 'end' ? [action.instance] : []))));
	const kept = slots.flatMap(({bindings}) => bindings.filter(isLive).map(({instance}) => instance)).filter(instance => !ending.has(instance));
	return {
		image: {name: entry.name, slots: new Set(slots.map(({slot}) => slot)), rollout},
		actions: [...plans.flatMap(({actions = []}) => actions), ...kept.flatMap(instance => keep(entry, instance, {draft, rollout}))],
		unplaced: plans.flatMap(({unplaced = []}) => unplaced),
		waiting: plans.flatMap(({waiting = []}) => waiting),
		staying: plans.flatMap(({staying = []}) => staying),
		againAfterMs: plans.flatMap(({againAfterMs = []}) => againAfterMs),
	};
}

function planSlot(slot: Slot, decision: Decision, draft: Draft): SlotPlan {
	switch (decision.do) {
		case 'wait': {
			const {because, againAfterMs} = decision;
			return {actions: clear(slot, {isFilled: slot.bindings.some(isLive)}, draft), waiting: because === undefined ? [] : [because], againAfterMs: againAfterMs === undefined ? [] : [againAfterMs]};
		}
		case 'bind': return bind(slot, draft, decision.lost);
		case 'serve': {
			const {binding, surplus} = decision;
			const ends = surplus.map(({instance}): ServiceAction => ({do: 'end', instance, refill: false, because: 'another one has taken its slot'}));
			const left = surplus.length === 0 && slot.nodeName === undefined ? leave(slot, binding, draft) : undefined;
			return left ?? {actions: [...ends, ...clear(slot, {isFilled: true}, draft)], rolls: binding};
		}
		default: return decision satisfies never;
	}
}

function bind(slot: Slot, draft: Draft, lost?: string): SlotPlan {
	const bound = draft.bind(slot);
	if ('unplaced' in bound) return {actions: clear(slot, {isFilled: false}, draft), unplaced: [bound.unplaced]};
	if (lost !== undefined) draft.move(lost);
	return {actions: [...clear(slot, {isFilled: true}, draft), bound.action]};
}

/** Moves a binding off a node it may not stay on; undefined when it may. What fits nowhere else stays, and is said. */
function leave(slot: Slot, binding: Binding, draft: Draft): SlotPlan | undefined {
	const {view} = draft;
	const {instance, where} = binding;
	const reason = leaveOf(binding, view);
	if (!reason) return undefined;
	if (reason.how === 'end') return {actions: [...clear(slot, {isFilled: true}, draft), {do: 'end', instance, refill: true, because: reason.because}]};
	const cleared = clear(slot, {isFilled: true}, draft);
	// Another one of this slot is on its way already.
	if (slot.bindings.filter(one => isLive(one) && isPresent(one)).length > 1) return {actions: cleared, rolls: binding};
	const elsewhere = draft.place(slot.entry);
	if (elsewhere.kind === 'unplaceable') return {actions: cleared, staying: [`${instance.metadata.name} stays although ${reason.because}: ${elsewhere.explanation}`], rolls: binding};
	const nodeId = where.kind === 'heard' ? where.nodeId : view.fleet.self.id;
	const own: SlotName = {serviceUid: view.service.metadata.uid, image: slot.entry.name, slot: slot.slot};
	const taken = draft.turns.get(nodeId) ?? view.turns.get(nodeId);
	if (taken !== undefined && !isSameSlot(taken, own)) return {actions: cleared, againAfterMs: [turnPauseMs], rolls: binding};
	draft.turns.set(nodeId, own);
	const {atMostOne} = view.service.spec;
	const mayOverlap = atMostOne !== true && slot.bindings.filter(isOpen).length < failoverOf(view.service).maxCopies;
	if (!mayOverlap) return {actions: [...cleared, {do: 'end', instance, refill: true, because: reason.because}]};
	const bound = draft.bind(slot);
	return 'unplaced' in bound ? {actions: cleared, staying: [bound.unplaced], rolls: binding} : {actions: [...cleared, bound.action]};
}

const isSameSlot = (a: SlotName, b: SlotName): boolean => a.serviceUid === b.serviceUid && a.image === b.image && a.slot === b.slot;

/** Lets go what has ended once the slot is filled, and takes what was on forgotten nodes for ended. */
function clear({bindings}: Slot, {isFilled}: {readonly isFilled: boolean}, draft: Draft): readonly ServiceAction[] {
	const gone = bindings.filter(binding => binding.where.kind === 'forgotten' && holds(binding.instance, containerFinalizer) && leaseLeftMs([binding], draft.view) === 0);
	const spent = isFilled ? bindings.filter(isSpent) : [];
	return [
		...gone.map(({instance}): ServiceAction => ({do: 'confirm', instance, refill: !isFilled})),
		...spent.map(({instance}): ServiceAction => ({do: 'release', instance})),
	];
}

function keep(entry: ImageEntry, instance: Instance, {draft: {view: {service, fleet}}, rollout}: {readonly draft: Draft; readonly rollout: Rollout}): readonly ServiceAction[] {
	const labels = labelsOf(service, entry);
	if (rollout.kind === 'step' && rollout.instance === instance) {
		if (rollout.moves) return [{do: 'end', instance, refill: true, because: 'its node cannot run its new spec'}];
		return [{do: 'update', instance, spec: {...instance.spec, ...contentOf(service, entry, rollout.engine)}, labels}];
	}
	const resources = entry.resources ?? {};
	// A node may have taken another name since.
	const nodeName = fleet.members.get(instance.spec.nodeId ?? '')?.name ?? instance.spec.nodeName;
	const same = nodeName === instance.spec.nodeName && sameEntries(instance.spec.image.resources, resources) && sameEntries(instance.metadata.labels ?? {}, labels);
	return same ? [] : [{do: 'update', instance, spec: {...instance.spec, nodeName, image: {...instance.spec.image, resources}}, labels}];
}

function sameEntries(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
	const names = Object.keys(a);
	return names.length === Object.keys(b).length && names.every(name => a[name] === b[name]);
}
