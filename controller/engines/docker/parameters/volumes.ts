import {posix} from 'node:path';
import {z} from 'zod';
import {volumePrefix} from '../../../../store/resources/volume-name.js';
import type {ContainerBody, MountBody} from '../container-body.js';
import type {ParameterContext} from './keyword.js';
import {Bytes, Options} from './values.js';

/** What a container sees of a volume, a host path or memory. `external`: the name is the engine's own and stays as it is. */
type Mounting =
	| {readonly kind: 'anonymous'; readonly target: string}
	| {readonly kind: 'bind' | 'volume'; readonly source: string; readonly target: string; readonly mode: string; readonly external: boolean}
	| {readonly kind: 'mount'; readonly mount: MountBody; readonly external: boolean};

const volumeName = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/u;
const Mode = z.string().regex(/^(?:(?:ro|rw|z|Z|nocopy|r?shared|r?slave|r?private|consistent|cached|delegated)(?:,|$))*$/u, 'must be ro or rw, or Docker\'s own bind options');
const Target = z.string().refine(path => posix.isAbsolute(path), 'a path in the container begins with /');

function sourced(source: string, target: string, mode: string, external = false): Mounting | string {
	if (!posix.isAbsolute(target)) return `${JSON.stringify(target)}: a path in the container begins with /`;
	if (posix.isAbsolute(source)) return {kind: 'bind', source, target, mode, external};
	if (/^[.~]/u.test(source)) return `${JSON.stringify(source)} is relative; a service has no directory of its own on the node, use a named volume`;
	return volumeName.test(source) ? {kind: 'volume', source, target, mode, external} : `${JSON.stringify(source)} is no volume name (letters, digits, "_", ".", "-")`;
}

function fromShort(text: string): Mounting | string {
	const [first = '', second, mode = '', ...rest] = text.split(':');
	if (rest.length > 0 || !Mode.safeParse(mode).success) return `${JSON.stringify(text)} must be NAME:/PATH, NAME:/PATH:ro or /PATH`;
	if (second === undefined) return posix.isAbsolute(first) ? {kind: 'anonymous', target: first} : `${JSON.stringify(text)} must be NAME:/PATH, NAME:/PATH:ro or /PATH`;
	return sourced(first, second, mode);
}

/** docker-py's `{name: {bind: /path, mode: ro}}`, with Motey's `external`. */
const Binding = z.strictObject({bind: Target, mode: Mode.default('rw'), external: z.boolean().default(false)});

/** docker-py's Mount and Compose's long form, in either's spelling. */
const LongForm = z.strictObject({
	type: z.enum(['bind', 'volume', 'tmpfs', 'npipe']).default('volume'),
	source: z.string().optional(),
	target: Target,
	read_only: z.boolean().optional(),
	external: z.boolean().default(false),
	consistency: z.string().optional(),
	bind: z.strictObject({propagation: z.string().optional(), create_host_path: z.boolean().optional(), selinux: z.string().optional()}).optional(),
	volume: z.strictObject({nocopy: z.boolean().optional()}).optional(),
	tmpfs: z.strictObject({size: Bytes.optional(), mode: z.int().optional()}).optional(),
	propagation: z.string().optional(),
	no_copy: z.boolean().optional(),
	labels: z.record(z.string(), z.string()).optional(),
	driver_config: z.strictObject({name: z.string().optional(), options: Options.optional()}).optional(),
	tmpfs_size: Bytes.optional(),
	tmpfs_mode: z.int().optional(),
});

function fromLong(value: unknown): Mounting | string {
	const parsed = LongForm.safeParse(value);
	if (!parsed.success) return parsed.error.issues.map(issue => [issue.path.join('.'), issue.message].filter(Boolean).join(': ')).join('; ');
	const {type, source, target, read_only: readOnly, external, ...rest} = parsed.data;
	if (type === 'bind' && (source === undefined || !posix.isAbsolute(source))) return 'a bind mount needs a source that begins with /';
	if (type === 'volume' && source !== undefined && !volumeName.test(source)) return `${JSON.stringify(source)} is no volume name (letters, digits, "_", ".", "-")`;
	const propagation = rest.bind?.propagation ?? rest.propagation;
	const noCopy = rest.volume?.nocopy ?? rest.no_copy;
	const size = rest.tmpfs?.size ?? rest.tmpfs_size;
	const mode = rest.tmpfs?.mode ?? rest.tmpfs_mode;
	const volumeOptions = {
		...(noCopy === undefined ? {} : {NoCopy: noCopy}),
		...(rest.labels === undefined ? {} : {Labels: rest.labels}),
		...(rest.driver_config === undefined ? {} : {DriverConfig: {...(rest.driver_config.name === undefined ? {} : {Name: rest.driver_config.name}), ...(rest.driver_config.options === undefined ? {} : {Options: rest.driver_config.options})}}),
	};
	const tmpfsOptions = {...(size === undefined ? {} : {SizeBytes: size}), ...(mode === undefined ? {} : {Mode: mode})};
	return {kind: 'mount', external, mount: {
		Type: type,
		Target: target,
		...(source === undefined ? {} : {Source: source}),
		...(readOnly === undefined ? {} : {ReadOnly: readOnly}),
		...(rest.consistency === undefined ? {} : {Consistency: rest.consistency}),
		...(propagation === undefined ? {} : {BindOptions: {Propagation: propagation}}),
		...(Object.keys(volumeOptions).length === 0 ? {} : {VolumeOptions: volumeOptions}),
		...(Object.keys(tmpfsOptions).length === 0 ? {} : {TmpfsOptions: tmpfsOptions}),
	}};
}

const isMounting = (reading: Mounting | string): reading is Mounting => typeof reading !== 'string';

/** Volumes: docker-py's map or list, Compose's short and long forms. */
export const Volumes = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())], {error: 'must be a list such as [data:/var/lib/app], or a map {data: {bind: /var/lib/app}}'}).transform((value, context): readonly Mounting[] => {
	const entries: readonly (readonly [PropertyKey, Mounting | string])[] = Array.isArray(value)
		? value.map((entry, index) => [index, typeof entry === 'string' ? fromShort(entry) : fromLong(entry)])
		: Object.entries(value).map(([source, entry]) => {
			const binding = Binding.safeParse(typeof entry === 'string' ? {bind: entry} : entry);
			return [source, binding.success ? sourced(source, binding.data.bind, binding.data.mode, binding.data.external) : 'must be {bind: /PATH, mode: rw}'];
		});
	for (const [key, reading] of entries) if (!isMounting(reading)) context.addIssue({code: 'custom', path: [key], message: reading});
	return entries.map(([, reading]) => reading).filter(isMounting);
});

/** docker-py's list of Mounts. */
export const Mounts = z.array(z.unknown(), {error: 'must be a list of {type, source, target}'}).transform((value, context): readonly Mounting[] => {
	const readings = value.map(fromLong);
	readings.forEach((reading, index) => {
		if (!isMounting(reading)) context.addIssue({code: 'custom', path: [index], message: reading});
	});
	return readings.filter(isMounting);
});

/** A named volume of a service as the engine knows it. */
export const volumeNameOf = (name: string, context: ParameterContext): string => `${volumePrefix(context)}${name}`;

/** Mountings as the body has them. */
export function placeMountings(mountings: readonly Mounting[], context: ParameterContext): ContainerBody {
	const named = (source: string, external: boolean): string => external ? source : volumeNameOf(source, context);
	const binds = mountings.flatMap(each => each.kind === 'bind' ? [[each.source, each.target, each.mode]] : each.kind === 'volume' ? [[named(each.source, each.external), each.target, each.mode]] : []);
	const mounts = mountings.flatMap(each => each.kind !== 'mount' ? [] : [each.mount.Type === 'volume' && each.mount.Source !== undefined ? {...each.mount, Source: named(each.mount.Source, each.external)} : each.mount]);
	const anonymous = mountings.flatMap(each => each.kind === 'anonymous' ? [each.target] : []);
	return {
		...(anonymous.length === 0 ? {} : {Volumes: Object.fromEntries(anonymous.map(target => [target, {}]))}),
		HostConfig: {
			...(binds.length === 0 ? {} : {Binds: binds.map(parts => parts.filter(part => part !== '').join(':'))}),
			...(mounts.length === 0 ? {} : {Mounts: mounts}),
		},
	};
}
