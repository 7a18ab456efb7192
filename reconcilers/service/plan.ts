import {templateOf} from '../../store/resources/image.js';
import type {ImageEntry} from '../../store/resources/image.js';
import {imageLabel, instanceName, serviceLabel} from '../../store/resources/instance.js';
import type {Instance, InstanceSpec} from '../../store/resources/instance.js';
import {Timestamp} from '../../store/resources/meta.js';
import {replicasOf} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {containerFinalizer, holds, isDeleting, slotFinalizer} from '../finalizers.js';
import type {Candidate} from '../placement/candidate.js';
import {place} from '../placement/place.js';
import {amountsOf, sumOf} from '../placement/quantity.js';
import {planRollout} from './rollout.js';
import type {Rollout} from './rollout.js';
import {specHash} from './spec-hash.js';

/** When this annotation of a Service changes, its containers are replaced one at a time, as by a new spec. */
export const restartAnnotation = 'motey.io/restarted-at';

/** What a service plan is made from. `candidates` is asked only when something is to be placed. */
export interface ServiceView {
	readonly service: Service;
	/** Every Instance that the Service controls. */
	readonly instances: readonly Instance[];
	readonly candidates: () => readonly Candidate[];
	/** Whether an Instance of this name exists that is not this Service's. */
	readonly isForeign: (name: string) => boolean;
}

/** One write. `end` asks for the end of an Instance; with `refill` its slot is then filled anew by the next binding. `release` lets an ended one go. */
export type ServiceAction =
	| {readonly do: 'create'; readonly name: string; readonly spec: InstanceSpec; readonly labels: Readonly<Record<string, string>>}
	| {readonly do: 'update'; readonly instance: Instance; readonly spec: InstanceSpec; readonly labels: Readonly<Record<string, string>>}
	| {readonly do: 'end'; readonly instance: Instance; readonly refill: boolean}
	| {readonly do: 'release'; readonly instance: Instance};

/** What to do, and what stands in the way. */
export interface ServicePlan {
	readonly actions: readonly ServiceAction[];
	/** One sentence for each slot that has no place. */
	readonly unplaced: readonly string[];
	readonly rollouts: readonly Rollout[];
	/** The greatest fence after this plan. */
	readonly fence: number;
}

/** Desired images × replicas against the Instances there are. A converged state gives no actions; the same view gives the same plan. */
export function planService(view: ServiceView): ServicePlan {
	const {service} = view;
	const images = isDeleting(service) ? [] : service.spec.images;
	const surplus = view.instances
		.filter(instance => !images.some(entry => entry.name === instance.spec.image.name && instance.spec.slot < replicasOf(service.spec, entry)))
		.flatMap(endForGood);
	const context: Context = {view, candidates: undefined, fence: Math.max(service.status?.fence ?? 0, ...view.instances.map(one => one.spec.fence))};
	const plans = images.map(entry => planImage(entry, context));
	return {
		actions: [...surplus, ...plans.flatMap(plan => plan.actions)],
		unplaced: plans.flatMap(plan => plan.unplaced),
		rollouts: plans.map(plan => plan.rollout),
		fence: context.fence,
	};
}

/** The hash that an up-to-date Instance of this entry carries. */
export const targetHash = (service: Service, entry: ImageEntry): string => specHash(entry, service.metadata.annotations?.[restartAnnotation]);

/** What the plan has promised so far. */
interface Context {
	readonly view: ServiceView;
	candidates: readonly Candidate[] | undefined;
	fence: number;
}

interface ImagePlan {
	readonly actions: readonly ServiceAction[];
	readonly unplaced: readonly string[];
	readonly rollout: Rollout;
}

function planImage(entry: ImageEntry, context: Context): ImagePlan {
	const {service, instances} = context.view;
	const own = instances.filter(instance => instance.spec.image.name === entry.name);
	const slots = Array.from({length: replicasOf(service.spec, entry)}, (_, slot) => own.find(instance => instance.spec.slot === slot));
	const kept = slots.filter(instance => instance !== undefined && !isDeleting(instance)).filter(instance => instance !== undefined);
	const rollout = planRollout(entry, kept, {hash: targetHash(service, entry), candidates: () => candidatesOf(context)});
	const filled = slots.map((instance, slot) => fillSlot(entry, {slot, instance}, context));
	return {
		actions: [...filled.flatMap(one => one.actions), ...kept.flatMap(instance => keep(entry, instance, {service, rollout}))],
		unplaced: filled.flatMap(one => one.unplaced),
		rollout,
	};
}

function fillSlot(entry: ImageEntry, {slot, instance}: {slot: number; instance: Instance | undefined}, context: Context): Omit<ImagePlan, 'rollout'> {
	const isFree = instance === undefined || (isDeleting(instance) && !holds(instance, containerFinalizer));
	if (!isFree) return {actions: [], unplaced: []};
	const {service, isForeign} = context.view;
	const binding = instance ? instance.spec.binding + 1 : 1;
	const name = instanceName({service: service.metadata.name, image: entry.name, slot, binding});
	if (isForeign(name)) return {actions: [], unplaced: [`the name ${name} belongs to an Instance of another Service`]};
	const placement = place(entry, candidatesOf(context));
	if (placement.kind === 'unplaceable') return {actions: [], unplaced: [placement.explanation]};
	context.fence += 1;
	context.candidates = candidatesOf(context).map(candidate => (candidate.node.metadata.name === placement.nodeName
		? {...candidate, reserved: sumOf([candidate.reserved, amountsOf(entry.resources ?? {})])}
		: candidate));
	const spec: InstanceSpec = {
		service: service.metadata.name, slot, binding, nodeName: placement.nodeName, fence: context.fence, ...content(service, entry, placement.engine),
	};
	const release = instance ? [{do: 'release', instance} as const] : [];
	return {actions: [...release, {do: 'create', name, spec, labels: labelsOf(service, entry)}], unplaced: []};
}

function keep(entry: ImageEntry, instance: Instance, {service, rollout}: {service: Service; rollout: Rollout}): readonly ServiceAction[] {
	if (rollout.kind === 'step' && rollout.instance === instance) {
		if (rollout.moves) return [{do: 'end', instance, refill: true}];
		return [{do: 'update', instance, spec: {...instance.spec, ...content(service, entry, rollout.engine)}, labels: labelsOf(service, entry)}];
	}
	const resources = entry.resources ?? {};
	const labels = labelsOf(service, entry);
	const same = sameEntries(instance.spec.image.resources, resources) && sameEntries(instance.metadata.labels ?? {}, labels);
	return same ? [] : [{do: 'update', instance, spec: {...instance.spec, image: {...instance.spec.image, resources}}, labels}];
}

function content(service: Service, entry: ImageEntry, engine: string): Pick<InstanceSpec, 'image' | 'specHash' | 'restartedAt'> {
	const restartedAt = Timestamp.safeParse(service.metadata.annotations?.[restartAnnotation]);
	return {image: templateOf(entry, engine), specHash: targetHash(service, entry), ...(restartedAt.success ? {restartedAt: restartedAt.data} : {})};
}

function labelsOf(service: Service, entry: ImageEntry): Readonly<Record<string, string>> {
	return {...service.metadata.labels, [serviceLabel]: service.metadata.name, [imageLabel]: entry.name};
}

function candidatesOf(context: Context): readonly Candidate[] {
	context.candidates ??= context.view.candidates();
	return context.candidates;
}

function endForGood(instance: Instance): readonly ServiceAction[] {
	if (!isDeleting(instance)) return [{do: 'end', instance, refill: false}];
	return holds(instance, slotFinalizer) ? [{do: 'release', instance}] : [];
}

function sameEntries(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
	const names = Object.keys(a);
	return names.length === Object.keys(b).length && names.every(name => a[name] === b[name]);
}
