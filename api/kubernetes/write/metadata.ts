import type {ObjectMeta, ObjectMetaInput} from '../../../store/resources/meta.js';
import {systemAnnotations} from '../../../store/resources/ownership.js';

/** Finalizers of this prefix belong to the system: users neither add nor drop them. */
const systemPrefix = 'motey.io/';

interface NewObject {
	readonly name: string;
	/** Absent for cluster-scoped kinds. */
	readonly namespace?: string;
	readonly uid: string;
	readonly now: Date;
	readonly systemFinalizers: readonly string[];
}

/** Metadata of an object to be created: the user's part, and the system's beside it. */
export function newMetadata(input: ObjectMetaInput, {name, namespace, uid, now, systemFinalizers}: NewObject): ObjectMeta {
	return {
		name,
		...(namespace === undefined ? {} : {namespace}),
		uid,
		resourceVersion: '0',
		generation: 1,
		creationTimestamp: now.toISOString().replace(/\.\d+Z$/u, 'Z'),
		...usersPart(input, {finalizers: systemFinalizers, annotations: {}}),
	};
}

/** Metadata after an update: the user's part replaced, everything else as it is. */
export function updatedMetadata(live: ObjectMeta, input: ObjectMetaInput): ObjectMeta {
	const {labels: _labels, annotations, finalizers, ownerReferences: _references, managedFields: _fields, ...system} = live;
	const kept = Object.fromEntries(Object.entries(annotations ?? {}).filter(([name]) => systemAnnotations.has(name)));
	return {...system, ...usersPart(input, {finalizers: (finalizers ?? []).filter(isSystems), annotations: kept})};
}

/** Finalizers that `next` has and `live` had not. */
export function addedFinalizers(live: ObjectMeta, next: ObjectMeta): readonly string[] {
	return (next.finalizers ?? []).filter(finalizer => !live.finalizers?.includes(finalizer));
}

interface SystemsPart {
	readonly finalizers: readonly string[];
	readonly annotations: Readonly<Record<string, string>>;
}

function usersPart({labels, annotations: written, finalizers, ownerReferences}: ObjectMetaInput, systems: SystemsPart): Pick<ObjectMeta, 'labels' | 'annotations' | 'finalizers' | 'ownerReferences'> {
	const all = [...systems.finalizers, ...(finalizers ?? []).filter(finalizer => !isSystems(finalizer))];
	const annotations = {...Object.fromEntries(Object.entries(written ?? {}).filter(([name]) => !systemAnnotations.has(name))), ...systems.annotations};
	return {
		...(labels && Object.keys(labels).length > 0 ? {labels} : {}),
		...(Object.keys(annotations).length > 0 ? {annotations} : {}),
		...(all.length > 0 ? {finalizers: [...new Set(all)]} : {}),
		...(ownerReferences && ownerReferences.length > 0 ? {ownerReferences} : {}),
	};
}

const isSystems = (finalizer: string): boolean => finalizer.startsWith(systemPrefix);
