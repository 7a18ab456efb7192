import {z} from 'zod';
import {NodeCapability} from './capability.js';
import {Condition} from './condition.js';
import {ObjectMeta, Timestamp} from './meta.js';

/** The user's part of a Node. */
export const NodeSpec = z.strictObject({
	unschedulable: z.boolean().exactOptional(),
	/** Takes nothing new, and what can run elsewhere is moved away by its owners, one at a time. */
	drain: z.boolean().exactOptional(),
}).readonly();
export type NodeSpec = z.infer<typeof NodeSpec>;

const Engine = z.strictObject({name: z.string(), version: z.string(), healthy: z.boolean(), message: z.string().exactOptional()}).readonly();
/** Kubernetes quantities, such as `4` or `500m`, and `8Gi`. */
const Amount = z.strictObject({cpu: z.string(), memory: z.string()}).readonly();

/** What an agent says of itself. Figures that change every second are not here: see the node's stats. */
export const NodeStatus = z.strictObject({
	id: z.string(),
	conditions: z.array(Condition).readonly(),
	addresses: z.array(z.string()).readonly(),
	engines: z.array(Engine).readonly(),
	capabilities: z.array(NodeCapability).readonly(),
	capacity: Amount,
	reserved: Amount,
	info: z.strictObject({version: z.string(), os: z.string(), architecture: z.string(), kernel: z.string()}).readonly(),
	/** Ports on which peers reach it, when it is in a cluster. */
	peer: z.strictObject({port: z.int(), publishPort: z.int()}).readonly().exactOptional(),
	lastHeardAt: Timestamp.exactOptional(),
}).readonly();
export type NodeStatus = z.infer<typeof NodeStatus>;

/** A stored Node. Cluster-scoped: no namespace. */
export const Node = z.strictObject({
	apiVersion: z.literal('motey.io/v1'),
	kind: z.literal('Node'),
	metadata: ObjectMeta,
	spec: NodeSpec,
	status: NodeStatus.exactOptional(),
}).readonly();
export type Node = z.infer<typeof Node>;
