import {isDeepStrictEqual} from 'node:util';
import {z} from 'zod';
import {InstanceSpec} from '../../../store/resources/instance.js';
import {ObjectMetaInput} from '../../../store/resources/meta.js';
import {forbidden} from '../../status.js';
import type {ServedResource} from '../resources-table.js';
import type {KindRules} from './kind-rules.js';

const InstanceInput = z.strictObject({
	apiVersion: z.literal('motey.io/v1').exactOptional(),
	kind: z.literal('Instance').exactOptional(),
	metadata: ObjectMetaInput,
	spec: InstanceSpec,
	status: z.unknown().exactOptional(),
});

/** Instances are made by reconcilers. Users may label and delete them; labels of the system and owner references stay as they are. */
export function instanceRules(resource: ServedResource): KindRules<'Instance'> {
	return {
		kind: 'Instance',
		resource,
		schema: InstanceInput,
		translate: document => document,
		refuseCreate: name => forbidden(resource, name, {message: 'instances are made by Motey: apply a Service, or scale one'}),
		finalizers: [],
		remains: () => [],
		build({metadata, spec, live}) {
			const {ownerReferences: _, ...own} = metadata;
			const references = live?.metadata.ownerReferences;
			const labels = {...withoutSystems(metadata.labels), ...onlySystems(live?.metadata.labels)};
			return {
				apiVersion: 'motey.io/v1',
				kind: 'Instance',
				metadata: {...own, ...(references ? {ownerReferences: references} : {}), ...(Object.keys(labels).length > 0 ? {labels} : {})},
				spec,
				...(live?.status ? {status: live.status} : {}),
			};
		},
		check(next, live) {
			if (live && isDeepStrictEqual(live.spec, next.spec)) return;
			throw forbidden(resource, next.metadata.name, {message: 'the spec of an instance follows from its Service: change that, or delete the instance to have it made anew'});
		},
	};
}

type Labels = Readonly<Record<string, string>>;
const isSystems = (key: string): boolean => key.startsWith('motey.io/');
const onlySystems = (labels: Labels = {}): Labels => Object.fromEntries(Object.entries(labels).filter(([key]) => isSystems(key)));
const withoutSystems = (labels: Labels = {}): Labels => Object.fromEntries(Object.entries(labels).filter(([key]) => !isSystems(key)));
