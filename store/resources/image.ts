import {z} from 'zod';
import {CapabilityRequirement} from './capability.js';
import {MountedFiles} from './files.js';
import {Name} from './meta.js';

/** CPU as Kubernetes writes it: `500m` or `2` or `0.5`. */
export const CpuQuantity = z.union([z.string().regex(/^(?:\d+m|\d+(?:\.\d+)?)$/, 'must be a CPU quantity such as 500m or 2'), z.number().positive()]);
/** Memory as Kubernetes writes it: bytes, or a number with k, M, G, T, Ki, Mi, Gi, Ti. */
export const MemoryQuantity = z.union([z.string().regex(/^\d+(?:\.\d+)?(?:[kMGT]i?|Ki)?$/, 'must be a memory quantity such as 128Mi or 1G'), z.int().positive()]);

/** Reserved for placement, and the container's limits. */
export const Resources = z.strictObject({cpu: CpuQuantity.exactOptional(), memory: MemoryQuantity.exactOptional()}).readonly();
export type Resources = z.infer<typeof Resources>;

const PullPolicy = z.enum(['IfNotPresent', 'Always', 'Never']);
const RestartPolicy = z.enum(['Always', 'OnFailure', 'Never']);
const Parameters = z.record(z.string(), z.unknown()).readonly();
const MaxBackoffSeconds = z.int().min(1).max(3600);
const StopGraceSeconds = z.int().min(0).max(600);
const Reference = z.string().min(1).max(512).regex(/^\S+$/, 'must not contain blanks');

/** One entry of `spec.images` as stored: what the user wrote, with `name` and `image` filled from each other; every default is left out. */
export const ImageEntry = z.strictObject({
	name: Name,
	image: Reference,
	engine: z.string().min(1).max(63).exactOptional(),
	replicas: z.int().min(0).max(1000).exactOptional(),
	parameters: Parameters.exactOptional(),
	capabilities: z.array(CapabilityRequirement).max(256).readonly().exactOptional(),
	node: z.string().min(1).max(253).exactOptional(),
	resources: Resources.exactOptional(),
	pullPolicy: PullPolicy.exactOptional(),
	restartPolicy: RestartPolicy.exactOptional(),
	restartUnhealthy: z.boolean().exactOptional(),
	maxBackoffSeconds: MaxBackoffSeconds.exactOptional(),
	stopGraceSeconds: StopGraceSeconds.exactOptional(),
	files: MountedFiles.exactOptional(),
}).readonly();
export type ImageEntry = z.infer<typeof ImageEntry>;

/** What an Instance carries: the entry with every default in place. `engine` is the one that placement chose. */
export const ImageTemplate = z.strictObject({
	name: Name,
	image: Reference,
	engine: z.string(),
	parameters: Parameters.default({}),
	capabilities: z.array(CapabilityRequirement).readonly().default([]),
	node: z.string().exactOptional(),
	resources: Resources.default({}),
	pullPolicy: PullPolicy.default('IfNotPresent'),
	restartPolicy: RestartPolicy.default('Always'),
	restartUnhealthy: z.boolean().default(true),
	maxBackoffSeconds: MaxBackoffSeconds.default(300),
	stopGraceSeconds: StopGraceSeconds.default(10),
	/** Absent when there are none. */
	files: MountedFiles.exactOptional(),
}).readonly();
export type ImageTemplate = z.infer<typeof ImageTemplate>;

/** The entry with every default, for the engine `engine`. `replicas` belongs to the Service and is left behind. */
export function templateOf(entry: ImageEntry, engine: string): ImageTemplate {
	const {replicas: _, files = [], ...rest} = entry;
	return ImageTemplate.parse({...rest, engine, ...(files.length === 0 ? {} : {files})});
}

/** The last path part of an image reference without tag or digest, as a name: `shop/web:1.4` → `web`. Characters outside the alphabet become `-`. */
export function nameFromReference(reference: string): string {
	const last = reference.replace(/@.*$/u, '').split('/').at(-1) ?? reference;
	return last.replace(/:.*$/u, '').replace(/[^A-Za-z0-9._-]/gu, '-').replace(/^[^A-Za-z0-9]+/u, '').slice(0, 63).replace(/[^A-Za-z0-9]+$/u, '') || 'image';
}
