import {z} from 'zod';
import {Condition} from './condition.js';
import {FileInForce} from './files.js';
import {ImageTemplate, Resources} from './image.js';
import {ObjectMeta, Timestamp} from './meta.js';

/** Phases of an Instance. `/v1` shows them as the original's numbers: see `phaseNumbers`. */
export const InstancePhase = z.enum(['Pending', 'Preparing', 'Starting', 'Running', 'Stopping', 'Terminated', 'Failed', 'Unknown']);
export type InstancePhase = z.infer<typeof InstancePhase>;

/** The original Motey's states: INITIAL 0, INSTANTIATING 1, RUNNING 2, STOPPING 3, TERMINATED 4, ERROR 5. */
export const phaseNumbers = {Pending: 0, Preparing: 1, Starting: 1, Running: 2, Stopping: 3, Terminated: 4, Failed: 5, Unknown: 5} as const satisfies Record<InstancePhase, number>;

/** One slot of one image, bound to one node. Written by the service reconciler of the owner. */
export const InstanceSpec = z.strictObject({
	service: z.string(),
	image: ImageTemplate,
	slot: z.int().min(0),
	binding: z.int().min(1),
	nodeName: z.string(),
	/** Id of that node, which a new name does not change; absent on Instances of older agents. */
	nodeId: z.string().exactOptional(),
	specHash: z.string(),
	/** Rises with every binding of the slot; the container sees it as MOTEY_FENCE. */
	fence: z.int().min(1),
	/** True when it may run only while the owner renews its lease: on another node than the owner's, of a Service that runs at most once. */
	leased: z.boolean().exactOptional(),
	/** When `motey restart` was asked for: a container made before it is replaced. */
	restartedAt: Timestamp.exactOptional(),
	/** uid under which the container in this slot runs, when an operator gave the slot an orphan: a container's labels cannot be changed. */
	adopted: z.string().exactOptional(),
}).readonly();
export type InstanceSpec = z.infer<typeof InstanceSpec>;

/** A published port; `host` is on the node. */
export const PortMapping = z.strictObject({
	container: z.int(),
	host: z.int(),
	protocol: z.enum(['tcp', 'udp', 'sctp']),
	address: z.string().exactOptional(),
}).readonly();
export type PortMapping = z.infer<typeof PortMapping>;

/** What the instance reconciler of the executing node observes and remembers. */
export const InstanceStatus = z.strictObject({
	phase: InstancePhase,
	reason: z.string(),
	message: z.string(),
	ready: z.boolean(),
	restarts: z.int(),
	/** The spec hash that the container in the slot was made from. */
	specHash: z.string().exactOptional(),
	/** The limits that the container was started with or given since. */
	resources: Resources.exactOptional(),
	/** The files that the container was started with, or given or told of since. */
	files: z.array(FileInForce).readonly().exactOptional(),
	engineId: z.string().exactOptional(),
	contentId: z.string().exactOptional(),
	address: z.string().exactOptional(),
	ports: z.array(PortMapping).readonly().exactOptional(),
	startedAt: Timestamp.exactOptional(),
	finishedAt: Timestamp.exactOptional(),
	exitCode: z.int().exactOptional(),
	/** Consecutive failures since the last healthy stretch; the back-off doubles with it. */
	failures: z.int().exactOptional(),
	nextAttemptAt: Timestamp.exactOptional(),
	observedAt: Timestamp.exactOptional(),
	conditions: z.array(Condition).readonly(),
}).readonly();
export type InstanceStatus = z.infer<typeof InstanceStatus>;

/** A stored Instance. */
export const Instance = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Instance'),
	metadata: ObjectMeta,
	spec: InstanceSpec,
	status: InstanceStatus.exactOptional(),
}).readonly();
export type Instance = z.infer<typeof Instance>;

/** The name of an Instance: `<service>-<image>-<slot>`, from the second binding of a slot on `….<binding>`. Never taken apart again. */
export function instanceName({service, image, slot, binding}: {service: string; image: string; slot: number; binding: number}): string {
	return binding === 1 ? `${service}-${image}-${slot}` : `${service}-${image}-${slot}.${binding}`;
}

/** The uid under which the container of an Instance runs: its own, or that of the orphan it was given. */
export function containerUid({metadata, spec}: Pick<Instance, 'metadata' | 'spec'>): string {
	return spec.adopted ?? metadata.uid;
}

/** True when an Instance is bound to this node, under whatever name it had then. */
export function isBoundTo({spec}: Pick<Instance, 'spec'>, node: {readonly id: string; readonly name: string}): boolean {
	return spec.nodeId === undefined ? spec.nodeName === node.name : spec.nodeId === node.id;
}

/** Labels by which Instances are found. */
export const serviceLabel = 'motey.io/service';
export const imageLabel = 'motey.io/image';
