import {createHash} from 'node:crypto';
import type {CapabilityRequirement} from '../../store/resources/capability.js';
import type {ImageEntry} from '../../store/resources/image.js';

/**
 * What a container was made from, as 64 hex digits: the entry as the user wrote it, keys sorted, without `replicas`, `resources` and what
 * stands in its files, which replace nothing. Defaults are not in it, so that an upgrade which changes a default restarts nothing. `restartedAt` is, when there is one:
 * a restart on request is then a replacement like any other.
 */
export function specHash(entry: ImageEntry, restartedAt?: string): string {
	const {replicas: _replicas, resources: _resources, capabilities, files = [], ...rest} = entry;
	const written = {
		...rest,
		...(capabilities === undefined ? {} : {capabilities: capabilities.map(normalised)}),
		...(files.length === 0 ? {} : {files: files.map(({content: _, ...made}) => made).toSorted((a, b) => (a.path < b.path ? -1 : 1))}),
	};
	const restart = restartedAt === undefined ? '' : `\n${restartedAt}`;
	return createHash('sha256').update(`v1\n${canonicalJson(written)}${restart}`).digest('hex');
}

function normalised(required: CapabilityRequirement): CapabilityRequirement {
	return typeof required === 'string' ? {capability: required} : required;
}

/** JSON with the keys of every object sorted, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value);
	const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
	return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}
