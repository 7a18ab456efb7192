import {withCondition} from '../../store/resources/condition.js';
import type {Condition, ConditionUpdate} from '../../store/resources/condition.js';
import {serviceLabel} from '../../store/resources/instance.js';
import type {Instance, InstancePhase} from '../../store/resources/instance.js';
import {replicasOf} from '../../store/resources/service.js';
import type {Service, ServicePhase, ServiceStatus} from '../../store/resources/service.js';
import {isDeleting} from '../finalizers.js';
import {targetHash} from './plan.js';
import type {ServicePlan} from './plan.js';

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
	readonly now: string;
}

/** The Service's status. Nothing in it moves unless something happened, so that an unchanged one is not written. */
export function statusOf({service, instances, plan, now}: StatusView): ServiceStatus {
	const slots = service.spec.images.map(entry => {
		const wanted = replicasOf(service.spec, entry);
		const hash = targetHash(service, entry);
		const own = instances.filter(instance => instance.spec.image.name === entry.name && instance.spec.slot < wanted);
		return {name: entry.name, wanted, own, updated: own.filter(instance => instance.status?.specHash === hash).length};
	});
	const counted = slots.flatMap(slot => slot.own);
	const facts: Facts = {
		service, plan,
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
		images: slots.map(({name, wanted, own}) => {
			const contentId = own.find(instance => instance.status?.contentId !== undefined)?.status?.contentId;
			return {name, wanted, ready: own.filter(isReady).length, ...(contentId === undefined ? {} : {contentId})};
		}),
		...(plan.fence === 0 ? {} : {fence: plan.fence}),
		conditions: conditionsOf(service.status?.conditions ?? [], facts, now),
	};
}

interface Facts {
	readonly service: Service;
	readonly plan: ServicePlan;
	/** Those in wanted slots. */
	readonly instances: readonly Instance[];
	readonly wanted: number;
	readonly ready: number;
	readonly updated: number;
	readonly phase: ServicePhase;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const isReady = (instance: Instance): boolean => instance.status?.ready === true && !isDeleting(instance);
const phaseOfInstance = (instance: Instance): ServicePhase => (isDeleting(instance) ? 'Stopping' : phases[instance.status?.phase ?? 'Pending']);

function phaseOf(service: Service, instances: readonly Instance[], plan: ServicePlan): ServicePhase {
	if (isDeleting(service)) return 'Stopping';
	const present = new Set<ServicePhase>([...instances.map(phaseOfInstance), ...(plan.unplaced.length > 0 ? ['Pending' as const] : [])]);
	return precedence.find(phase => present.has(phase)) ?? 'Running';
}

function sentence({service, plan, instances, phase, ready, wanted}: Facts): string {
	if (isDeleting(service)) return instances.length === 0 ? 'everything has ended' : `waits for ${instances.length} to end`;
	const worst = instances.find(instance => phaseOfInstance(instance) === phase && !isReady(instance)) ?? instances.find(instance => !isReady(instance));
	if (plan.unplaced[0] !== undefined && phase === 'Pending') return plan.unplaced[0];
	const told = worst?.status?.message ?? '';
	return worst && told !== '' ? `${worst.metadata.name}: ${told}` : `${ready}/${wanted} ready`;
}

function conditionsOf(before: readonly Condition[], facts: Facts, now: string): readonly Condition[] {
	const observedGeneration = facts.service.metadata.generation;
	return [readyCondition(facts), progressingCondition(facts), placedCondition(facts)]
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
	const stopped = plan.rollouts.find(rollout => rollout.kind === 'stopped');
	if (stopped) return {type, status: 'False', reason: 'RolloutStopped', message: stopped.because};
	const waiting = plan.rollouts.find(rollout => rollout.kind === 'waiting' || rollout.kind === 'step');
	if (waiting) return {type, status: 'True', reason: 'RollingOut', message: `waits for ${waiting.instance.metadata.name}`};
	if (plan.unplaced.length > 0) return {type, status: 'False', reason: 'Unplaceable', message: plan.unplaced[0] ?? ''};
	if (ready < wanted || updated < wanted) return {type, status: 'True', reason: 'Starting', message: `${ready}/${wanted} ready`};
	return {type, status: 'False', reason: 'UpToDate', message: ''};
}

function placedCondition({plan, wanted}: Facts): ConditionUpdate {
	const missing = plan.unplaced.length;
	if (missing === 0) return {type: 'Placed', status: 'True', reason: 'AllPlaced', message: `${wanted}/${wanted} placed`};
	return {type: 'Placed', status: 'False', reason: 'Unplaceable', message: [...new Set(plan.unplaced)].join('; ')};
}
