import {z} from 'zod';
import type {Capability} from '../../store/resources/capability.js';
import type {Instance, InstanceStatus} from '../../store/resources/instance.js';

/** Marks what comes from, or stands for, nodes of the original. */
export const legacyLabel = 'motey.io/legacy';

/** An image as the original sends it: what is absent travels as `{}`. */
export const OriginalImage = z.object({
	id: z.string().max(256).catch(''),
	name: z.string().min(1).max(512),
	engine: z.string().max(63).catch(''),
	parameters: z.record(z.string(), z.unknown()).catch({}),
	capabilities: z.unknown(),
});
export type OriginalImage = z.infer<typeof OriginalImage>;

const OriginalCapability = z.object({capability: z.string().min(1).max(128), capability_type: z.string().min(1).max(128).optional(), type: z.string().min(1).max(128).optional()})
	.transform(({capability, capability_type: written, type}): Capability => ({capability, capability_type: written ?? type ?? 'original'}));

/** What an original node says that it can do. What cannot be read is nothing. */
export function readCapabilities(text: string): readonly Capability[] {
	const parsed = z.array(OriginalCapability).max(256).safeParse(parseJson(text));
	return parsed.success ? parsed.data : [];
}

/** The same list as this node answers it, with both spellings of the type, as the original's parts disagreed. */
export function writeCapabilities(capabilities: readonly Capability[]): string {
	return JSON.stringify(capabilities.map(({capability, capability_type: type}) => ({capability, type, capability_type: type})));
}

/** Undefined when it is no image. */
export function readImage(text: string): OriginalImage | undefined {
	return OriginalImage.safeParse(parseJson(text)).data;
}

/** An Instance as the image that the original knows. `id` is the one that it answered with. */
export function writeImage({spec: {image}}: Instance, {id, host}: {readonly id: string; readonly host: string}): string {
	return JSON.stringify({id, name: image.image, engine: image.engine, parameters: image.parameters, capabilities: {}, node: host});
}

const phases = ['Pending', 'Starting', 'Running', 'Stopping', 'Terminated', 'Failed'] as const;

/** The state in the original's digits as the status of an Instance; what is none is 5, as the original says of what it does not know. */
export function statusOf(digits: string, {host, engineId, specHash}: {readonly host: string; readonly engineId: string; readonly specHash: string}): InstanceStatus {
	const number = /^[0-5]$/u.test(digits.trim()) ? Number(digits) : 5;
	const phase = phases[number] ?? 'Failed';
	const ready = phase === 'Running';
	const said = {reason: ready ? 'Running' : 'OriginalSays', message: ready ? '' : `the original node ${host} says state ${number}`};
	return {phase, ...said, ready, restarts: 0, engineId, specHash, address: host, conditions: []};
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
