import {z} from 'zod';
import {accept, refuse, type Keyword} from './keyword.js';
import {Bytes, Options, Strings} from './values.js';
import {Mounts, placeMountings, Volumes} from './volumes.js';

const Tmpfs = z.union([
	Strings.transform(paths => Object.fromEntries(paths.map(path => [path.split(':', 1)[0] ?? path, path.includes(':') ? path.slice(path.indexOf(':') + 1) : '']))),
	z.record(z.string(), z.string().nullable()).transform(map => Object.fromEntries(Object.entries(map).map(([path, options]) => [path, options ?? '']))),
], {error: 'must be a path, a list of paths or a map {/run: size=64m}'});

/** `/dev/a[:/dev/b[:rwm]]`, and docker-py's and Compose's object forms. */
const Device = z.union([
	z.string().regex(/^[^:]+(?::[^:]+)?(?::[rwm]+)?$/u, 'must be /dev/NAME, /dev/NAME:/dev/OTHER or with :rwm at the end').transform(text => {
		const parts = text.split(':');
		const permissions = parts.length > 1 && /^[rwm]+$/u.test(parts.at(-1) ?? '') ? parts.pop() : undefined;
		return {PathOnHost: parts[0] ?? '', PathInContainer: parts[1] ?? parts[0] ?? '', CgroupPermissions: permissions ?? 'rwm'};
	}),
	z.strictObject({source: z.string(), target: z.string().optional(), permissions: z.string().optional()}).transform(value => ({PathOnHost: value.source, PathInContainer: value.target ?? value.source, CgroupPermissions: value.permissions ?? 'rwm'})),
]);

const text = (value: string | undefined): value is string => value !== undefined;
const DeviceRequest = z.strictObject({
	driver: z.string().optional(), Driver: z.string().optional(),
	count: z.union([z.int(), z.literal('all').transform(() => -1)]).optional(), Count: z.int().optional(),
	device_ids: z.array(z.string()).optional(), DeviceIDs: z.array(z.string()).optional(),
	capabilities: z.array(z.union([z.string(), z.array(z.string())])).optional(), Capabilities: z.array(z.array(z.string())).optional(),
	options: z.record(z.string(), z.string()).optional(), Options: z.record(z.string(), z.string()).optional(),
}).transform(value => {
	const [driver, count, ids, options] = [value.driver ?? value.Driver, value.count ?? value.Count, value.device_ids ?? value.DeviceIDs, value.options ?? value.Options];
	const capabilities = value.Capabilities ?? (value.capabilities === undefined ? undefined : [value.capabilities.flat()]);
	return {...(text(driver) ? {Driver: driver} : {}), ...(count === undefined ? {} : {Count: count}), ...(ids === undefined ? {} : {DeviceIDs: ids}), ...(capabilities === undefined ? {} : {Capabilities: capabilities}), ...(options === undefined ? {} : {Options: options})};
});
const Gpus = z.union([z.literal('all').transform(() => [{Count: -1, Capabilities: [['gpu']]}]), z.array(DeviceRequest.transform(value => ({Capabilities: [['gpu']], ...value})))], {error: 'must be all, or a list of {driver, count, device_ids}'});

/** What the container reads and writes outside its own file system. */
export const storageVocabulary: Readonly<Record<string, Keyword>> = {
	volumes: accept({type: 'list of NAME:/PATH[:ro], or map {NAME: {bind: /PATH, mode: ro}}', becomes: 'HostConfig.Binds, HostConfig.Mounts, Volumes', note: 'NAME becomes motey_<namespace>_<service>_<NAME> and outlives the Service; with external: true (map or long form) it is taken as it is; a path alone is an anonymous volume, which goes with the container', restricted: 'host paths only below those of policy.allowHostPaths', schema: Volumes, place: placeMountings}),
	mounts: accept({type: 'list of {type, source, target, …}', becomes: 'HostConfig.Mounts', restricted: 'as volumes; volume options that name a device or a bind are refused', schema: Mounts, place: placeMountings}),
	tmpfs: accept({type: 'path, list of paths, or map {/run: size=64m}', becomes: 'HostConfig.Tmpfs', schema: Tmpfs, place: value => ({HostConfig: {Tmpfs: value}})}),
	volume_driver: accept({type: 'string', becomes: 'HostConfig.VolumeDriver', standard: 'local', schema: z.string(), place: value => ({HostConfig: {VolumeDriver: value}})}),
	volumes_from: accept({type: 'list of containers', becomes: 'HostConfig.VolumesFrom', restricted: 'never: a container may have what this one may not', schema: z.array(z.string()), place: value => ({HostConfig: {VolumesFrom: value}})}),
	storage_opt: accept({type: 'map', becomes: 'HostConfig.StorageOpt', schema: Options, place: value => ({HostConfig: {StorageOpt: value}})}),
	shm_size: accept({type: 'size', becomes: 'HostConfig.ShmSize', standard: '64m', schema: Bytes, place: value => ({HostConfig: {ShmSize: value}})}),
	devices: accept({type: 'list of /dev/NAME[:/dev/OTHER[:rwm]]', becomes: 'HostConfig.Devices', restricted: 'only those of policy.allowDevices', schema: z.array(Device), place: value => ({HostConfig: {Devices: value}})}),
	device_requests: accept({type: 'list of {driver, count, device_ids, capabilities}', becomes: 'HostConfig.DeviceRequests', restricted: 'only if policy.allowDevices names gpu', schema: z.array(DeviceRequest), place: value => ({HostConfig: {DeviceRequests: value}})}),
	gpus: accept({type: 'all, or list of {driver, count, device_ids}', becomes: 'HostConfig.DeviceRequests', restricted: 'only if policy.allowDevices names gpu', schema: Gpus, place: value => ({HostConfig: {DeviceRequests: value}})}),
	device_cgroup_rules: accept({type: 'list such as "c 188:* rwm"', becomes: 'HostConfig.DeviceCgroupRules', restricted: 'only those of policy.allowDevices, word for word', schema: z.array(z.string()), place: value => ({HostConfig: {DeviceCgroupRules: value}})}),
	secrets: refuse('Motey has no secrets of this form', 'mount a volume, or set the variable in environment'),
	configs: refuse('Motey has no configs of this form', 'mount a volume'),
};
