import type {ContainerBody, HostConfigBody, MountBody} from '../container-body.js';
import {isWithin, plainPath, showsEngineSocket} from './host-path.js';
import type {Policy} from './policy.js';
import {isMatchedBy} from '../../../path-pattern.js';

/** One thing the policy does not permit, before it is worded. */
export interface Violation {
	readonly field: string;
	readonly rule: string;
	readonly message: string;
	/** The line of the node's policy that would permit it; undefined when nothing does. */
	readonly line: string | undefined;
}

/** What rules look at besides the body. */
export interface RuleContext {
	readonly policy: Policy;
	/** Path of the socket this engine is reached by, when it is one. */
	readonly engineSocket: string | undefined;
	/** Where a path of the host really leads, symbolic links followed. */
	readonly realPath: (path: string) => string;
}

/** Judges one aspect of the body. */
export type Rule = (body: {readonly body: ContainerBody; readonly host: HostConfigBody}, context: RuleContext) => readonly Violation[];

const none: readonly Violation[] = [];
const one = (field: string, rule: string, message: string, line: string | undefined): readonly Violation[] => [{field: `parameters.${field}`, rule, message, line}];
const list = (key: keyof Policy, value: string): string => `${key}: [${JSON.stringify(value)}]`;

const privileged: Rule = ({host}, {policy}) => host.Privileged === true && !policy.allowPrivileged
	? one('privileged', 'Privileged', 'a privileged container is root on the host', 'allowPrivileged: true') : none;

const network: Rule = ({host}, {policy}) => {
	const mode = host.NetworkMode ?? '';
	if (mode === 'host' && !policy.allowHostNetwork) return one('network_mode', 'HostNetwork', 'the host\'s network reaches everything that listens on the node\'s loopback', 'allowHostNetwork: true');
	if (/^(?:container|ns):/u.test(mode) && policy.allowHostNamespaces?.includes('network') !== true) return one('network_mode', 'SharedNamespace', `${mode} shares the network of something that this service does not own`, list('allowHostNamespaces', 'network'));
	return none;
};

const namespaces = [
	{field: 'pid_mode', key: 'PidMode', name: 'pid'},
	{field: 'ipc_mode', key: 'IpcMode', name: 'ipc'},
	{field: 'uts_mode', key: 'UTSMode', name: 'uts'},
	{field: 'userns_mode', key: 'UsernsMode', name: 'user'},
	{field: 'cgroupns', key: 'CgroupnsMode', name: 'cgroup'},
] as const;

const sharedNamespaces: Rule = ({host}, {policy}) => namespaces.flatMap(({field, key, name}) => {
	const mode = host[key] ?? '';
	if (policy.allowHostNamespaces?.includes(name) === true) return [];
	if (mode === 'host') return one(field, 'HostNamespace', `the ${name} namespace of the host`, list('allowHostNamespaces', name));
	if (/^(?:container|ns):|^shareable$/u.test(mode)) return one(field, 'SharedNamespace', `${mode} shares a ${name} namespace with something that this service does not own`, list('allowHostNamespaces', name));
	return [];
});

/** What Docker gives every container: https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities */
const defaultCapabilities: ReadonlySet<string> = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT']);
const capabilityName = (name: string): string => name.toUpperCase().replace(/^CAP_/u, '');

const capabilities: Rule = ({host}, {policy}) => {
	const allowed = new Set(policy.allowCapabilities.map(capabilityName));
	return (host.CapAdd ?? []).map(capabilityName).filter(name => !defaultCapabilities.has(name) && !allowed.has(name))
		.flatMap(name => one('cap_add', 'Capability', `${name} is beyond what Docker gives every container`, list('allowCapabilities', name)));
};

const securityOptions: Rule = ({host}, {policy}) => (host.SecurityOpt ?? []).flatMap(option => {
	const [key = '', value = ''] = option.split(/[:=]/u).map(part => part.trim().toLowerCase());
	// Docker takes 0, f and F for false as well.
	const harmless = (key === 'no-new-privileges' && ['', 'true', 't', '1'].includes(value))
		|| (key === 'label' && (value === 'type' || value === 'level') && /[:=](?:container_t|container_init_t|container_kvm_t|s\d.*)$/u.test(option))
		|| (key === 'apparmor' && value === 'docker-default');
	if (harmless || policy.allowSecurityOptions?.includes(option) === true) return [];
	return one('security_opt', 'SecurityOption', `${option} takes away or replaces protection that containers have by default`, list('allowSecurityOptions', option));
});

const devices: Rule = ({host}, {policy, realPath}) => [
	// A link that the administrator names is trusted; one that a pattern merely covers must lead to something that is covered too.
	...(host.Devices ?? []).map(device => plainPath(device.PathOnHost)).filter(path => !policy.allowDevices.includes(path) && ![path, plainPath(realPath(path))].every(each => policy.allowDevices.some(pattern => isMatchedBy(pattern, each))))
		.flatMap(path => one('devices', 'Device', `the device ${path} of the host`, list('allowDevices', path))),
	...(host.DeviceCgroupRules ?? []).filter(rule => !policy.allowDevices.includes(rule))
		.flatMap(rule => one('device_cgroup_rules', 'Device', `devices of the host by the rule ${rule}`, list('allowDevices', rule))),
	...((host.DeviceRequests ?? []).length > 0 && !policy.allowDevices.includes('gpu') ? one('device_requests', 'Device', 'devices of the host through a driver', list('allowDevices', 'gpu')) : none),
];

/** Sysctls that the kernel keeps apart for each container (the *safe* set of Kubernetes). */
const safeSysctls: ReadonlySet<string> = new Set(['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']);

const sysctls: Rule = ({host}, {policy}) => Object.keys(host.Sysctls ?? {}).filter(key => !safeSysctls.has(key) && policy.allowSysctls?.includes(key) !== true)
	.flatMap(key => one('sysctls', 'Sysctl', `${key} is not known to be kept apart for each container`, list('allowSysctls', key)));

function hostPath(field: string, path: string, {policy, engineSocket, realPath}: RuleContext): readonly Violation[] {
	const spellings = [plainPath(path), plainPath(realPath(plainPath(path)))];
	if (spellings.some(each => showsEngineSocket(each, {engineSocket})) && policy.allowEngineSocket !== true) return one(field, 'EngineSocket', `${path} shows the engine's own socket, and who reaches that is root on the host`, 'allowEngineSocket: true');
	if (spellings.every(each => policy.allowHostPaths.some(allowed => isWithin(each, plainPath(allowed))))) return none;
	if (policy.allowEngineSocket === true && spellings.some(each => each.endsWith('.sock'))) return none;
	return one(field, 'HostPath', `${path} is a path of the host`, list('allowHostPaths', plainPath(path)));
}

const remoteFileSystems: ReadonlySet<string> = new Set(['tmpfs', 'nfs', 'nfs4', 'cifs']);

/** The local volume driver mounts whatever its options say, which is a host path or a raw device by another name. */
function volumeOptions({VolumeOptions: given}: MountBody): readonly Violation[] {
	const options = Object.fromEntries(Object.entries(given?.DriverConfig?.Options ?? {}).map(([key, value]) => [key.trim().toLowerCase(), value]));
	const flags = (options['o'] ?? '').toLowerCase().split(',').map(flag => flag.trim());
	const isLocal = ['', 'local'].includes(given?.DriverConfig?.Name ?? '');
	if (!isLocal || (options['device'] === undefined && options['o'] === undefined && options['type'] === undefined)) return none;
	const isRemote = remoteFileSystems.has(options['type'] ?? '') && !flags.some(flag => /^(?:r?bind|loop|move|remount)(?:=|$)/u.test(flag)) && !(options['type'] !== 'tmpfs' && (options['device'] ?? '').startsWith('/') && options['type'] !== 'cifs');
	return isRemote ? none : one('mounts', 'VolumeOptions', 'these options of the local volume driver mount a path or a device of the host', undefined);
}

const mounts: Rule = ({host}, context) => [
	...(host.Binds ?? []).map(bind => bind.split(':', 1)[0] ?? '').filter(source => source.startsWith('/')).flatMap(source => hostPath('volumes', source, context)),
	...(host.Mounts ?? []).flatMap(mount => mount.Type === 'bind' || mount.Type === 'npipe' ? hostPath('mounts', mount.Source ?? '/', context) : volumeOptions(mount)),
	...((host.VolumesFrom ?? []).length > 0 ? one('volumes_from', 'VolumesFrom', 'the volumes of a container that this service does not own', undefined) : none),
];

const cgroups: Rule = ({host}, {policy}) => [
	...(host.CgroupParent !== undefined && policy.allowCgroupParents?.includes(host.CgroupParent) !== true ? one('cgroup_parent', 'CgroupParent', 'another control group escapes the node\'s accounting', list('allowCgroupParents', host.CgroupParent)) : none),
	...(host.PidsLimit !== undefined && host.PidsLimit <= 0 && !policy.allowPrivileged ? one('pids_limit', 'PidsLimit', 'without a limit of processes one container can take the node down', 'allowPrivileged: true') : none),
	...(host.OomScoreAdj !== undefined && host.OomScoreAdj < 0 && !policy.allowPrivileged ? one('oom_score_adj', 'OomScore', 'a container that is spared costs others their lives', 'allowPrivileged: true') : none),
	...(host.OomKillDisable === true && !policy.allowPrivileged ? one('oom_kill_disable', 'OomScore', 'a container that is spared costs others their lives', 'allowPrivileged: true') : none),
];

const runtime: Rule = ({host}, {policy}) => host.Runtime !== undefined && host.Runtime !== 'runc' && policy.allowRuntimes?.includes(host.Runtime) !== true
	? one('runtime', 'Runtime', `the runtime ${host.Runtime} is not the node's default`, list('allowRuntimes', host.Runtime)) : none;

/** Logging drivers that keep the log with the engine; the others send it somewhere, with the engine's rights. */
const localLogs: ReadonlySet<string> = new Set(['json-file', 'local', 'journald', 'none']);
const logging: Rule = ({host}, {policy}) => host.LogConfig !== undefined && !localLogs.has(host.LogConfig.Type) && !policy.allowPrivileged
	? one('log_config', 'LogDriver', `the logging driver ${host.LogConfig.Type} sends from the host's own network`, 'allowPrivileged: true') : none;

/** On a bridge of its own a link is an alias; on the default one it hands over the other container's environment, secrets included. */
const links: Rule = ({host}) => (host.Links ?? []).length > 0 && ['', 'default', 'bridge'].includes(host.NetworkMode ?? '')
	? one('links', 'Links', 'a link on the default bridge shows the environment of a container that this service does not own', undefined) : none;

/** root's group on the host's files is worth nothing without a host path, so group_add needs no rule of its own. */
export const rules: readonly Rule[] = [privileged, network, sharedNamespaces, capabilities, securityOptions, devices, sysctls, mounts, cgroups, runtime, logging, links];
