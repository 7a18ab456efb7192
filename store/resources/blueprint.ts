import {z} from 'zod';
import {ImageEntry, nameFromReference} from './image.js';
import type {Instance} from './instance.js';
import {phaseNumbers} from './instance.js';
import {namePattern} from './meta.js';
import type {Service, ServicePhase} from './service.js';

/** The label that keeps a blueprint's `node_type`. */
export const nodeTypeLabel = 'motey.io/node-type';
/** The annotation that keeps a blueprint's `id`, so that `/v1` answers with it. */
export const blueprintIdAnnotation = 'motey.io/blueprint-id';

const entry = ImageEntry.unwrap().shape;

const BlueprintName = z.string().min(1, 'must not be empty').superRefine((name, context) => {
	if (namePattern.test(name)) return;
	context.addIssue({code: 'custom', message: `is not a usable name: 1 to 63 letters, digits, "-", "_" or ".", beginning and ending with a letter or digit; the nearest is ${nearestName(name)}`});
});

const CapabilityObject = z.strictObject({capability: z.string().min(1), capability_type: z.string().min(1).exactOptional()});

/** The original took a list, one object, or `{}` for none. */
const BlueprintCapabilities = z.union([z.array(z.union([z.string().min(1), CapabilityObject])).max(256), CapabilityObject, z.strictObject({})]);

/** What `/v1` shows of an engine or node not chosen yet is empty, and may be sent back so. */
const BlueprintImage = z.strictObject({
	name: entry.image,
	engine: z.string().max(63).exactOptional(),
	id: z.string().exactOptional(),
	parameters: z.record(z.string(), z.unknown()).exactOptional(),
	capabilities: BlueprintCapabilities.exactOptional(),
	node: z.string().max(253).exactOptional(),
	state: z.unknown().exactOptional(),
});

/** The original Motey's service blueprint. `state` and `state_message` are taken and ignored, because clients send back what they read. */
export const Blueprint = z.strictObject({
	service_name: BlueprintName,
	images: z.array(BlueprintImage).min(1, 'needs at least one image').max(100),
	id: z.string().min(1).max(256).exactOptional(),
	node_type: z.string().max(63).exactOptional(),
	state: z.unknown().exactOptional(),
	state_message: z.unknown().exactOptional(),
});
export type Blueprint = z.infer<typeof Blueprint>;

/** A Service as the original's `GET /v1/service` shows it; `state` is the original's number. */
export interface BlueprintView {
	readonly id: string;
	readonly service_name: string;
	readonly node_type?: string;
	readonly images: readonly BlueprintImageView[];
	readonly state: number;
	readonly state_message: string;
}
export interface BlueprintImageView {
	readonly name: string;
	readonly id: string;
	readonly engine: string;
	readonly parameters: Readonly<Record<string, unknown>>;
	readonly capabilities: readonly unknown[];
	readonly node: string;
	readonly state: number;
}

/** What `blueprintToService` gives: a `ServiceInput` before its own checks. */
export interface ServiceDocument {
	readonly apiVersion: 'motey.io/v1';
	readonly kind: 'Service';
	readonly metadata: {readonly name: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>>};
	readonly spec: {readonly images: readonly Readonly<Record<string, unknown>>[]};
}

/** True for a document meant as a blueprint: no `kind`, but a `service_name`. */
export function isBlueprint(document: unknown): boolean {
	return typeof document === 'object' && document !== null && Object.hasOwn(document, 'service_name') && !Object.hasOwn(document, 'kind');
}

/** The Service a blueprint stands for. The same blueprint always gives the same one; the service form of the same thing has the same spec. */
export function blueprintToService(blueprint: Blueprint): ServiceDocument {
	const {service_name: name, node_type: nodeType, id} = blueprint;
	return {
		apiVersion: 'motey.io/v1',
		kind: 'Service',
		metadata: {
			name,
			...(nodeType === undefined || nodeType === '' ? {} : {labels: {[nodeTypeLabel]: nodeType}}),
			...(id === undefined ? {} : {annotations: {[blueprintIdAnnotation]: id}}),
		},
		spec: {images: imageEntries(blueprint.images)},
	};
}

/** A Service in the original's form, with the state its Instances give it. */
export function serviceToBlueprint(service: Service, instances: readonly Instance[]): BlueprintView {
	const nodeType = service.metadata.labels?.[nodeTypeLabel];
	return {
		id: blueprintId(service),
		service_name: service.metadata.name,
		...(nodeType === undefined ? {} : {node_type: nodeType}),
		images: service.spec.images.map(image => {
			const own = instances.filter(instance => instance.spec.service === service.metadata.name && instance.spec.image.name === image.name);
			const first = own[0];
			return {
				name: image.image,
				id: first?.status?.engineId ?? '',
				engine: first?.spec.image.engine ?? image.engine ?? '',
				parameters: image.parameters ?? {},
				capabilities: image.capabilities ?? [],
				node: image.node ?? first?.spec.nodeName ?? '',
				state: Math.max(0, ...own.map(instance => phaseNumbers[instance.status?.phase ?? 'Pending'])),
			};
		}),
		state: serviceNumbers[service.status?.phase ?? 'Pending'],
		state_message: service.status?.message ?? '',
	};
}

/** The id under which `/v1` knows a Service: the blueprint's own, else the uid. */
export function blueprintId(service: Service): string {
	return service.metadata.annotations?.[blueprintIdAnnotation] ?? service.metadata.uid;
}

/** The usable name nearest to `name`. */
export function nearestName(name: string): string {
	return name.normalize('NFKD').replace(/[\u0300-\u036F]/gu, '').replace(/[^A-Za-z0-9._-]+/gu, '-').slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/gu, '') || 'service';
}

const serviceNumbers = {Pending: 0, Starting: 1, Running: 2, Stopping: 3, Terminated: 4, Failed: 5} as const satisfies Record<ServicePhase, number>;

function imageEntries(images: Blueprint['images']): readonly Readonly<Record<string, unknown>>[] {
	const taken = new Set<string>();
	return images.map(({name: image, engine, parameters, capabilities, node}) => {
		const name = freeName(nameFromReference(image), taken);
		taken.add(name);
		const required = capabilityList(capabilities);
		return {
			name,
			image,
			...(engine === undefined || engine === '' ? {} : {engine}),
			...(parameters === undefined || Object.keys(parameters).length === 0 ? {} : {parameters}),
			...(required.length === 0 ? {} : {capabilities: required}),
			...(node === undefined || node === '' ? {} : {node}),
		};
	});
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
	if (!taken.has(wanted)) return wanted;
	let number = 2;
	while (taken.has(`${wanted.slice(0, 58)}-${number}`)) number += 1;
	return `${wanted.slice(0, 58)}-${number}`;
}

function capabilityList(capabilities: Blueprint['images'][number]['capabilities']): readonly unknown[] {
	if (capabilities === undefined) return [];
	if (Array.isArray(capabilities)) return capabilities;
	return 'capability' in capabilities ? [capabilities] : [];
}
