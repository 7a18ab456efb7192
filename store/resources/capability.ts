import {z} from 'zod';
import {Timestamp} from './meta.js';

const CapabilityName = z.string().min(1).max(128);

/** Something a node can do. The type says where it belongs (`hardware`, `engine`, `host`, …) and is free text. */
export const Capability = z.strictObject({
	capability: CapabilityName,
	capability_type: z.string().min(1).max(128),
}).readonly();
export type Capability = z.infer<typeof Capability>;

/** A capability a node has, with who said so and until when. */
export const NodeCapability = z.strictObject({
	capability: CapabilityName,
	capability_type: z.string().min(1).max(128),
	source: z.string(),
	expiresAt: Timestamp.exactOptional(),
}).readonly();
export type NodeCapability = z.infer<typeof NodeCapability>;

/** What an image asks of its node: a name, or a name and its type. */
export const CapabilityRequirement = z.union([
	CapabilityName,
	z.strictObject({capability: CapabilityName, capability_type: z.string().min(1).max(128).exactOptional()}).readonly(),
]);
export type CapabilityRequirement = z.infer<typeof CapabilityRequirement>;

/** True when one of `offered` answers `required`: same name and, where the requirement names a type, the same type. */
export function satisfies(offered: readonly Capability[], required: CapabilityRequirement): boolean {
	const wanted = typeof required === 'string' ? {capability: required} : required;
	return offered.some(one => one.capability === wanted.capability
		&& (wanted.capability_type === undefined || one.capability_type === wanted.capability_type));
}

/** How a requirement reads in a sentence: `gpu`, or `gpu (hardware)`. */
export function capabilityText(required: CapabilityRequirement): string {
	if (typeof required === 'string') return required;
	return required.capability_type === undefined ? required.capability : `${required.capability} (${required.capability_type})`;
}
