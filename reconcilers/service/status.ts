import {withCondition} from '../../store/resources/condition.js';
import type {Condition, ConditionUpdate} from '../../store/resources/condition.js';
import {changedFiles} from '../../store/resources/files.js';
import {serviceLabel} from '../../store/resources/instance.js';
import type {Instance, InstancePhase} from '../../store/resources/instance.js';
import type {Service, ServicePhase, ServiceStatus} from '../../store/resources/service.js';
import {containerFinalizer, holds, isDeleting} from '../finalizers.js';
import {targetHash} from './draft.js';
import type {FleetView} from './fleet.js';
import {unheardBy, whereaboutsOf} from './fleet.js';
import {livingPins} from './pins.js';
import {isLoser} from './plan.js';
import {isServing, silentReason} from './surplus.js';
import type {ServicePlan} from './view.js';

/** The original's precedence over the Instances: the first that any of them has. */
const precedence = ['Failed', 'Terminated', 'Stopping', 'Starting', 'Pending'] as const satisfies readonly ServicePhase[];

const phases = {
	Pending: 'Pending', Preparing: 'Starting', Starting: 'Starting', Running: 'Running', Stopping: 'Stopping',
	Terminated: 'Terminated', Failed: 'Failed', Unknown: 'Failed',
} as const satisfies Record<InstancePhase, ServicePhase>;

/** What a status is made from: the Instances as they are after the plan was carried out. `now` is RFC 3339. */
export interface StatusView {
	readonly service: Service;
	readonly instances: readonly Instance[];
	readonly plan: ServicePlan;
	readonly fleet: FleetView;
	readonly now: string;
}

/** The Service's status. Nothing in it moves unless something happened, so that an unchanged one is not written. A slot counts once, however many bindings it has. */
export function statusOf({service, instances, plan, fleet, now}: StatusView): ServiceStatus {
	const slots = plan.images.map(({name, slots: wanted}) => {
		const entry = service.spec.images.find(image => image.name === name);
		const hash = entry && targetHash(service, entry);
		const own = spokesmen(instances.filter(instance => instance.spec.image.name === name && wanted.has(instance.spec.slot) && !isOver(instance)));
		return {name, wanted: wanted.size, own, pins: livingPins(service, name, {hash, instances}), updated: own.filter(({status}) => hash !== undefined && status?.specHash === hash && (status.phase === 'Terminated' || changedFiles(entry?.files, status.files).length === 0)).length};
	});
	const counted = isDeleting(service) ? instances : slots.flatMap(slot => slot.own);
	const facts: Facts = {
		service, plan, fleet,
		instances: counted,
		wanted: total(slots.map(slot => slot.wanted)),
		ready: counted.filter(isReady).length,
		updated: total(slots.map(slot => slot.updated)),
		phase: phaseOf(service, counted, plan),
	};
	const message = facts.phase === 'Running' ? '' : sentence(facts);
	return {
		observedGeneration: service.metadata.generation,
		phase: facts.phase,
		message,
		replicas: facts.wanted,
		readyReplicas: facts.ready,
		updatedReplicas: facts.updated,
		unplacedReplicas: plan.unplaced.length,
		selector: `${serviceLabel}=${service.metadata.name}`,
		images: slots.map(({name, wanted, own, pins}) => {
			const contentId = own.find(instance => instance.status?.contentId !== undefined)?.status?.contentId;
			return {name, wanted, ready: own.filter(isReady).length, ...(contentId === undefined ? {} : {contentId}), ...(pins.length === 0 ? {} : {pins})};
		}),
		...(plan.fence === 0 ? {} : {fence: plan.fence}),
		conditions: conditionsOf(service.status?.conditions ?? [], facts, now),
	};
}

interface Facts {
	readonly service: Service;
	readonly plan: ServicePlan;
	readonly fleet: FleetView;
	/** The one that counts of each wanted slot; of a Service that is being deleted, all. */
	readonly instances: readonly Instance[];
	readonly wanted: number;
	readonly ready: number;
	readonly updated: number;
	readonly phase: ServicePhase;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const isReady = (instance: Instance): boolean => instance.status?.ready === true && !isDeleting(instance);
const phaseOfInstance = (instance: Instance): ServicePhase => (isDeleting(instance) ? 'Stopping' : phases[instance.status?.phase ?? 'Pending']);

/** Of each slot the Instance that counts: one that serves, else the newest of which something is known, else the newest. */
function spokesmen(instances: readonly Instance[]): readonly Instance[] {
	const slots = new Map<number, Instance>();
	for (const instance of instances) {
		const {slot} = instance.spec;
		const present = slots.get(slot);
		if (!present || weightOf(instance) > weightOf(present) || (weightOf(instance) === weightOf(present) && instance.spec.binding > present.spec.binding)) slots.set(slot, instance);
	}
	return [...slots].sort(([a], [b]) => a - b).map(([, instance]) => instance);
}

/** It has ended; its record stays until its slot is filled anew. */
const isOver = (instance: Instance): boolean => isDeleting(instance) && !holds(instance, containerFinalizer);

function weightOf(instance: Instance): number {
	if (isDeleting(instance)) return 0;
	if (instance.status?.reason === silentReason) return 1;
	return isServing(instance) ? 3 : 2;
}

function phaseOf(service: Service, instances: readonly Instance[], plan: ServicePlan): ServicePhase {
	if (isDeleting(service)) return 'Stopping';
	const present = new Set<ServicePhase>([...instances.map(phaseOfInstance), ...(plan.unplaced.length > 0 ? ['Pending' as const] : [])]);
	return precedence.find(phase => present.has(phase)) ?? 'Running';
}

function sentence({service, plan, fleet, instances, phase, ready, wanted}: Facts): string {
	if (isDeleting(service)) return endingSentence(service, instances, fleet);
	if (isLoser(service)) return conflictSentence;
	const worst = instances.find(instance => phaseOfInstance(instance) === phase && !isReady(instance)) ?? instances.find(instance => !isReady(instance));
	if (plan.unplaced[0] !== undefined && phase === 'Pending') return plan.unplaced[0];
	const told = worst?.status?.message ?? '';
	if (worst?.status?.reason === silentReason && plan.waiting[0] !== undefined) return plan.waiting[0];
	return worst && told !== '' ? `${worst.metadata.name}: ${told}` : `${ready}/${wanted} ready`;
}

const conflictSentence = 'another Service, created elsewhere while the nodes were apart, keeps this name: this one keeps what it runs and starts nothing; delete one of them by its uid';

/** Names the nodes whose silence holds an end up, and what lifts the wait. */
function endingSentence(service: Service, instances: readonly Instance[], fleet: FleetView): string {
	const unheard = instances.length === 0 ? unheardBy(service, fleet).join(', ') : '';
	if (unheard !== '') return `everything has ended; this is kept until ${unheard} returns, which owned it and does not know, or is told: motey node forget ${unheard}`;
	if (instances.length === 0) return 'everything has ended';
	const silent = instances.filter(instance => whereaboutsOf(instance, fleet).kind === 'silent').map(({spec}) => spec.nodeName);
	const names = [...new Set(silent)].sort();
	const waits = `waits for ${instances.length} to end`;
	return names.length === 0 ? waits : `${waits}, ${silent.length} of them on ${names.join(', ')}, which ${names.length === 1 ? 'is' : 'are'} silent: until ${names.length === 1 ? 'it returns' : 'they return'}, or is told: motey node forget ${names.join(' or ')}`;
}

function conditionsOf(before: readonly Condition[], facts: Facts, now: string): readonly Condition[] {
	const observedGeneration = facts.service.metadata.generation;
	const wasLoser = before.some(({type}) => type === 'Conflict');
	return [readyCondition(facts), progressingCondition(facts), placedCondition(facts), ...(wasLoser || isLoser(facts.service) ? [conflictCondition(facts)] : [])]
		.reduce((conditions, update) => withCondition(conditions, {...update, observedGeneration}, now), before);
}

function readyCondition(facts: Facts): ConditionUpdate {
	const {service, ready, updated, wanted} = facts;
	const count = `${ready}/${wanted} ready`;
	if (isDeleting(service)) return {type: 'Ready', status: 'False', reason: 'Stopping', message: sentence(facts)};
	if (ready === wanted && updated === wanted) return {type: 'Ready', status: 'True', reason: 'AllReady', message: count};
	if (ready === wanted) return {type: 'Ready', status: 'False', reason: 'RollingOut', message: `${count}, ${updated}/${wanted} of this spec`};
	const troubled = facts.instances.find(instance => !isReady(instance) && (instance.status?.reason ?? '') !== '');
	const told = sentence(facts);
	return {type: 'Ready', status: 'False', reason: troubled?.status?.reason ?? 'NotReady', message: told === count ? count : `${count}: ${told}`};
}

function progressingCondition({service, plan, ready, updated, wanted}: Facts): ConditionUpdate {
	const type = 'Progressing';
	if (isDeleting(service)) return {type, status: 'True', reason: 'Stopping', message: 'waits for its Instances to end'};
	const rollouts = plan.images.map(({rollout}) => rollout);
	const stopped = rollouts.find(rollout => rollout.kind === 'stopped');
	if (stopped) return {type, status: 'False', reason: 'RolloutStopped', message: stopped.because};
	const waiting = rollouts.find(rollout => rollout.kind === 'waiting' || rollout.kind === 'step');
	if (waiting) return {type, status: 'True', reason: 'RollingOut', message: `waits for ${waiting.instance.metadata.name}`};
	if (plan.unplaced.length > 0) return {type, status: 'False', reason: 'Unplaceable', message: plan.unplaced[0] ?? ''};
	if (ready < wanted || updated < wanted) return {type, status: 'True', reason: 'Starting', message: `${ready}/${wanted} ready`};
	return {type, status: 'False', reason: 'UpToDate', message: ''};
}

function placedCondition({plan, wanted}: Facts): ConditionUpdate {
	const {unplaced, waiting, staying} = plan;
	const said = [...new Set([...unplaced, ...waiting, ...staying])].join('; ');
	if (unplaced.length > 0) return {type: 'Placed', status: 'False', reason: 'Unplaceable', message: said};
	if (waiting.length > 0) return {type: 'Placed', status: 'False', reason: silentReason, message: said};
	const placed = `${wanted}/${wanted} placed`;
	return {type: 'Placed', status: 'True', ...(staying.length > 0 ? {reason: 'CannotMove', message: `${placed}; ${said}`} : {reason: 'AllPlaced', message: placed})};
}

function conflictCondition({service}: Facts): ConditionUpdate {
	return isLoser(service) ? {type: 'Conflict', status: 'True', reason: 'NameTaken', message: conflictSentence} : {type: 'Conflict', status: 'False', reason: 'NameFree', message: ''};
}
