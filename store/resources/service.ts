import {z} from 'zod';
import {Condition} from './condition.js';
import {ImageEntry, nameFromReference} from './image.js';
import {LabelKey, LabelValue, ObjectMeta, ObjectMetaInput} from './meta.js';

const Placement = z.strictObject({
	strategy: z.enum(['here', 'spread', 'pack']).exactOptional(),
	nodeSelector: z.record(LabelKey, LabelValue).readonly().exactOptional(),
	prefer: z.array(z.strictObject({
		capability: z.string().min(1).max(128),
		capability_type: z.string().min(1).max(128).exactOptional(),
		weight: z.int().min(1).max(100),
	}).readonly()).max(100).readonly().exactOptional(),
}).readonly();
export type Placement = z.infer<typeof Placement>;

/** When the Services of an owner that is lost are taken over by themselves. */
export const Adopt = z.enum(['majority', 'always', 'never']);
export type Adopt = z.infer<typeof Adopt>;

const Failover = z.strictObject({
	enabled: z.boolean().exactOptional(),
	afterSeconds: z.int().min(10).max(86_400).exactOptional(),
	maxCopies: z.int().min(1).max(10).exactOptional(),
	adopt: Adopt.exactOptional(),
	reconcile: z.enum(['keepOriginal', 'keepReplacement']).exactOptional(),
}).readonly();
export type Failover = z.infer<typeof Failover>;

const images = z.array(ImageEntry).min(1, 'needs at least one image').max(100).readonly();

const specFields = {
	replicas: z.int().min(0).max(1000).exactOptional(),
	perNode: z.boolean().exactOptional(),
	placement: Placement.exactOptional(),
	capabilityLoss: z.enum(['keep', 'reschedule']).exactOptional(),
	failover: Failover.exactOptional(),
	atMostOne: z.boolean().exactOptional(),
};

/** The user's intent. Stored as written: defaults are applied where it is read, so that a default may change without touching what exists. */
export const ServiceSpec = z.strictObject({...specFields, images})
	.refine(hasUniqueNames, {path: ['images'], message: 'every image needs a name of its own'})
	.refine(spec => spec.replicas === undefined || spec.images.some(image => image.replicas === undefined), {
		path: ['replicas'], message: 'applies to no image because each has its own replicas: leave one of the two out',
	})
	.refine(spec => spec.perNode !== true || (spec.replicas === undefined && spec.images.every(image => image.replicas === undefined)), {
		path: ['perNode'], message: 'runs one on each node that fits, so no replicas can be asked for: leave one of the two out',
	})
	.refine(spec => spec.atMostOne !== true || spec.failover?.adopt !== 'always', {
		path: ['failover', 'adopt'], message: 'always lets both halves of a cut run it, which atMostOne forbids: say majority or never',
	})
	.readonly();
export type ServiceSpec = z.infer<typeof ServiceSpec>;

/** What a user may send as spec: of each entry one of `name` and `image` is enough. Parse gives a `ServiceSpec`. */
export const ServiceSpecInput = z.preprocess(fillSpec, ServiceSpec);

/** What the image of an entry stands for on every node of one kind of machine, decided by the first that had it. */
const ImagePin = z.strictObject({
	/** As Docker says it: `linux/amd64`. */
	platform: z.string(),
	contentId: z.string(),
	/** Of the entry that it was decided for: a later one decides anew. */
	specHash: z.string(),
}).readonly();
export type ImagePin = z.infer<typeof ImagePin>;

const ImageStatus = z.strictObject({
	name: z.string(),
	wanted: z.int(),
	ready: z.int(),
	contentId: z.string().exactOptional(),
	pins: z.array(ImagePin).readonly().exactOptional(),
}).readonly();

/** Phases of a Service, by the original's precedence over its Instances. */
export const ServicePhase = z.enum(['Pending', 'Starting', 'Running', 'Stopping', 'Terminated', 'Failed']);
export type ServicePhase = z.infer<typeof ServicePhase>;

/** What the service reconciler observes; `selector` feeds the scale subresource. */
export const ServiceStatus = z.strictObject({
	observedGeneration: z.int(),
	phase: ServicePhase,
	message: z.string(),
	replicas: z.int(),
	readyReplicas: z.int(),
	updatedReplicas: z.int(),
	unplacedReplicas: z.int(),
	selector: z.string(),
	images: z.array(ImageStatus).readonly(),
	/** The greatest fence handed to a binding so far; it never falls, so that a later binding always outranks an earlier one. */
	fence: z.int().min(0).exactOptional(),
	conditions: z.array(Condition).readonly(),
}).readonly();
export type ServiceStatus = z.infer<typeof ServiceStatus>;

/** A stored Service. */
export const Service = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Service'),
	metadata: ObjectMeta,
	spec: ServiceSpec,
	status: ServiceStatus.exactOptional(),
}).readonly();
export type Service = z.infer<typeof Service>;

/** A Service as a user may send it. `status` is taken and ignored, because clients send back what they read. */
export const ServiceInput = z.strictObject({
	apiVersion: z.literal('motey.io/v1').exactOptional(),
	kind: z.literal('Service').exactOptional(),
	metadata: ObjectMetaInput,
	spec: ServiceSpecInput,
	status: z.unknown().exactOptional(),
});

/** What the failover of a Service is where it does not say. */
export const failoverDefaults = {enabled: true, afterSeconds: 60, maxCopies: 2, reconcile: 'keepOriginal'} as const;

/**
 * How a Service is taken over when its owner is lost. What may never run twice is not unless that is said: its owner then needs a majority itself to
 * let it run.
 */
export function adoptOf({failover, atMostOne}: Pick<ServiceSpec, 'failover' | 'atMostOne'>): Adopt {
	return failover?.adopt ?? (atMostOne === true ? 'never' : 'majority');
}

/** Whether its every Instance needs a lease of its owner, and the owner a majority of the members to grant one, to itself as well. */
export function needsMajority({failover, atMostOne}: Pick<ServiceSpec, 'failover' | 'atMostOne'>): boolean {
	return atMostOne === true && failover?.adopt === 'majority';
}

/** Replicas of one entry: its own, else the Service's, else 1. */
export function replicasOf(spec: Pick<ServiceSpec, 'replicas'>, entry: Pick<ImageEntry, 'replicas'>): number {
	return entry.replicas ?? spec.replicas ?? 1;
}

function hasUniqueNames(spec: {images: readonly {name: string}[]}): boolean {
	return new Set(spec.images.map(image => image.name)).size === spec.images.length;
}

function fillSpec(spec: unknown): unknown {
	return isMapping(spec) && Array.isArray(spec['images']) ? {...spec, images: spec['images'].map(fillNames)} : spec;
}

function fillNames(entry: unknown): unknown {
	if (!isMapping(entry)) return entry;
	const {name, image} = entry;
	if (name === undefined && typeof image === 'string') return {...entry, name: nameFromReference(image)};
	if (image === undefined && typeof name === 'string') return {...entry, name: nameFromReference(name), image: name};
	return entry;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
