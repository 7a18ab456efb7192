import {z} from 'zod';
import {Instance, InstanceStatus} from '../../store/resources/instance.js';
import {AnyResource, kinds} from '../../store/resources/kinds.js';
import {NodeId} from '../../store/resources/member.js';

/** Who decides, with every order. */
const Authority = z.strictObject({epoch: z.int().min(1), owner: NodeId}).readonly();

/** What nodes ask each other about Instances and objects, action by action. */
export const AssignRequest = z.strictObject({instance: Instance, authority: Authority});
export const TerminateRequest = z.strictObject({uid: z.string(), authority: Authority});
export const TerminateAnswer = z.strictObject({ended: z.boolean()});
export const LeaseRequest = z.strictObject({uid: z.string()});
export const LeaseAnswer = z.strictObject({granted: z.boolean()});
const Content = z.string().min(1).max(256);
export const PinRequest = z.strictObject({uid: z.string(), platform: z.string().min(1).max(64), contentId: Content.exactOptional(), instead: Content.exactOptional()});
/** Null when nothing is pinned. */
export const PinAnswer = z.object({contentId: Content.nullable()});

const RemoteInstance = z.strictObject({
	uid: z.string(),
	status: InstanceStatus.exactOptional(),
	revision: z.string().regex(/^\d{1,20}$/),
	state: z.enum(['kept', 'ending', 'ended']),
}).readonly();
export const RemoteInstances = z.strictObject({instances: z.array(RemoteInstance).max(10_000).readonly()});

export const SinceRequest = z.strictObject({since: z.string().regex(/^\d{1,20}$/).exactOptional(), digest: z.string().length(43).exactOptional()});
export const CopiesRequest = z.strictObject({owner: NodeId});

/** One part of what an owner has written. Every part names the same revision. */
export const DeltaPart = z.strictObject({
	kind: z.enum(['changes', 'whole']),
	revision: z.string().regex(/^\d{1,20}$/),
	complete: z.boolean(),
	objects: z.array(AnyResource).readonly(),
	deleted: z.array(z.strictObject({kind: z.enum(kinds), uid: z.string()}).readonly()).readonly(),
}).readonly();
export type DeltaPart = z.infer<typeof DeltaPart>;

/** A request of the HTTP API, carried to the node that answers it. The body travels as bytes beside it. */
export const ApiRequest = z.strictObject({
	method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']),
	path: z.string().startsWith('/').max(8192),
	headers: z.record(z.string(), z.string()).readonly(),
});
/** The head of its answer, with the first of its bytes; what follows is bytes alone. */
export const ApiHead = z.strictObject({status: z.int().min(100).max(599), headers: z.record(z.string(), z.string()).readonly()});

/** What an owner has another node make ready, to be changed there at one instant. */
export const SwitchRequest = z.strictObject({
	id: z.string().min(1).max(64),
	owner: NodeId,
	instances: z.array(z.strictObject({uid: z.string(), epoch: z.int().min(1), generation: z.int().min(1), next: Instance}).readonly()).max(1000).readonly(),
	newcomers: z.array(Instance).max(1000).readonly(),
}).readonly();
export const SwitchAnswer = z.strictObject({ready: z.boolean(), because: z.string()}).readonly();
