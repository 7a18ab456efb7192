import {z} from 'zod';
import {accept, alias, type Keyword} from './keyword.js';
import {Command, Environment, Labels, Nanoseconds, Options, Strings, Text} from './values.js';

const Switch = z.boolean({error: 'must be true or false'});

const Healthcheck = z.strictObject({
	test: z.union([z.string().transform(line => ['CMD-SHELL', line]), z.array(z.string())]).optional(),
	interval: Nanoseconds.optional(),
	timeout: Nanoseconds.optional(),
	start_period: Nanoseconds.optional(),
	retries: z.int().nonnegative().optional(),
	disable: z.boolean().optional(),
}, {error: issue => issue.code === 'unrecognized_keys' ? `does not know ${issue.keys.join(', ')}; it has test, interval, timeout, start_period, retries and disable` : undefined});

const LogConfig = z.strictObject({
	driver: z.string().optional(), type: z.string().optional(), Type: z.string().optional(),
	options: Options.optional(), config: Options.optional(), Config: Options.optional(),
}).transform(value => ({type: value.driver ?? value.type ?? value.Type ?? 'json-file', options: value.options ?? value.config ?? value.Config ?? {}}));

const Ulimit = z.strictObject({name: z.string().optional(), Name: z.string().optional(), soft: z.int().optional(), Soft: z.int().optional(), hard: z.int().optional(), Hard: z.int().optional()})
	.transform(value => ({Name: value.name ?? value.Name ?? '', Soft: value.soft ?? value.Soft ?? value.hard ?? value.Hard ?? 0, Hard: value.hard ?? value.Hard ?? value.soft ?? value.Soft ?? 0}))
	.refine(value => value.Name !== '', 'needs a name');

const Ulimits = z.union([
	z.array(Ulimit),
	z.record(z.string(), z.union([z.int(), z.strictObject({soft: z.int(), hard: z.int()})])).transform(map => Object.entries(map).map(([name, value]) => typeof value === 'number' ? {Name: name, Soft: value, Hard: value} : {Name: name, Soft: value.soft, Hard: value.hard})),
], {error: 'must be a map {nofile: 1024} or a list of {name, soft, hard}'});

/** What runs in the container, and what it sees of itself. */
export const processVocabulary: Readonly<Record<string, Keyword>> = {
	command: accept({type: 'string or list', becomes: 'Cmd', standard: 'the image\'s own', schema: Command, place: value => ({Cmd: value})}),
	entrypoint: accept({type: 'string or list', becomes: 'Entrypoint', standard: 'the image\'s own', schema: Command, place: value => ({Entrypoint: value})}),
	environment: accept({type: 'map or list of KEY=value; values are strings or integers', becomes: 'Env', note: 'MOTEY_SERVICE, MOTEY_IMAGE, MOTEY_SLOT, MOTEY_INSTANCE, MOTEY_NODE and MOTEY_FENCE are set beside it', schema: Environment, place: value => ({Env: value})}),
	working_dir: accept({type: 'string', becomes: 'WorkingDir', schema: z.string(), place: value => ({WorkingDir: value})}),
	user: accept({type: 'string or integer', becomes: 'User', schema: Text, place: value => ({User: value})}),
	group_add: accept({type: 'list of strings or integers', becomes: 'HostConfig.GroupAdd', schema: z.array(Text), place: value => ({HostConfig: {GroupAdd: value}})}),
	hostname: accept({type: 'string', becomes: 'Hostname', schema: z.string().max(63), place: value => ({Hostname: value})}),
	domainname: accept({type: 'string or list', becomes: 'Domainname', schema: Strings, place: value => ({Domainname: value.join(',')})}),
	tty: accept({type: 'boolean', becomes: 'Tty', schema: Switch, place: value => ({Tty: value})}),
	stdin_open: accept({type: 'boolean', becomes: 'OpenStdin', schema: Switch, place: value => ({OpenStdin: value})}),
	stop_signal: accept({type: 'string or integer', becomes: 'StopSignal', standard: 'the image\'s own, SIGTERM', schema: Text, place: value => ({StopSignal: value})}),
	healthcheck: accept({type: '{test, interval, timeout, start_period, retries, disable}', becomes: 'Healthcheck', standard: 'the image\'s own', note: 'durations are nanoseconds or text such as 10s', schema: Healthcheck, place: value => ({Healthcheck: {
		...(value.disable === true ? {Test: ['NONE']} : value.test === undefined ? {} : {Test: value.test}),
		...(value.interval === undefined ? {} : {Interval: value.interval}),
		...(value.timeout === undefined ? {} : {Timeout: value.timeout}),
		...(value.start_period === undefined ? {} : {StartPeriod: value.start_period}),
		...(value.retries === undefined ? {} : {Retries: value.retries}),
	}})}),
	init: accept({type: 'boolean', becomes: 'HostConfig.Init', standard: 'true: signals reach the program, and orphans are reaped', schema: Switch, place: value => ({HostConfig: {Init: value}})}),
	labels: accept({type: 'map or list of key=value', becomes: 'Labels', note: 'keys that begin with motey.io/ are refused', schema: Labels, place: value => ({Labels: value})}),
	log_config: accept({type: '{type, config}', becomes: 'HostConfig.LogConfig', standard: 'json-file, 3 files of 10 MB', schema: LogConfig, place: value => ({HostConfig: {LogConfig: {Type: value.type, Config: value.type === 'json-file' ? {'max-size': '10m', 'max-file': '3', ...value.options} : value.options}}})}),
	logging: alias('log_config'),
	ulimits: accept({type: 'map, or list of {name, soft, hard}', becomes: 'HostConfig.Ulimits', schema: Ulimits, place: value => ({HostConfig: {Ulimits: value}})}),
	read_only: accept({type: 'boolean', becomes: 'HostConfig.ReadonlyRootfs', schema: Switch, place: value => ({HostConfig: {ReadonlyRootfs: value}})}),
	sysctls: accept({type: 'map or list of KEY=value', becomes: 'HostConfig.Sysctls', restricted: 'only those that the kernel keeps apart for each container, unless policy.allowSysctls names it', schema: Options, place: value => ({HostConfig: {Sysctls: value}})}),
	security_opt: accept({type: 'list of strings', becomes: 'HostConfig.SecurityOpt', standard: 'no-new-privileges', restricted: 'nothing that takes protection away, unless policy.allowSecurityOptions names it', schema: z.array(z.string()), place: value => ({HostConfig: {SecurityOpt: value}})}),
	cap_add: accept({type: 'list of strings', becomes: 'HostConfig.CapAdd', restricted: 'only what Docker gives anyway, unless policy.allowCapabilities names it', schema: z.array(z.string()), place: value => ({HostConfig: {CapAdd: value}})}),
	cap_drop: accept({type: 'list of strings', becomes: 'HostConfig.CapDrop', schema: z.array(z.string()), place: value => ({HostConfig: {CapDrop: value}})}),
	privileged: accept({type: 'boolean', becomes: 'HostConfig.Privileged', restricted: 'false, unless policy.allowPrivileged is true', schema: Switch, place: value => ({HostConfig: {Privileged: value}})}),
	runtime: accept({type: 'string', becomes: 'HostConfig.Runtime', restricted: 'the node\'s default, unless policy.allowRuntimes names it', schema: z.string(), place: value => ({HostConfig: {Runtime: value}})}),
	isolation: accept({type: 'string', becomes: 'HostConfig.Isolation', note: 'Windows only', schema: z.string(), place: value => ({HostConfig: {Isolation: value}})}),
	pid_mode: accept({type: 'string', becomes: 'HostConfig.PidMode', restricted: 'the host\'s or another container\'s only if policy.allowHostNamespaces names pid', schema: z.string(), place: value => ({HostConfig: {PidMode: value}})}),
	pid: alias('pid_mode'),
	ipc_mode: accept({type: 'string', becomes: 'HostConfig.IpcMode', standard: 'private', restricted: 'the host\'s or another container\'s only if policy.allowHostNamespaces names ipc', schema: z.string(), place: value => ({HostConfig: {IpcMode: value}})}),
	ipc: alias('ipc_mode'),
	uts_mode: accept({type: 'string', becomes: 'HostConfig.UTSMode', restricted: 'the host\'s only if policy.allowHostNamespaces names uts', schema: z.string(), place: value => ({HostConfig: {UTSMode: value}})}),
	uts: alias('uts_mode'),
	userns_mode: accept({type: 'string', becomes: 'HostConfig.UsernsMode', restricted: 'the host\'s only if policy.allowHostNamespaces names user', schema: z.string(), place: value => ({HostConfig: {UsernsMode: value}})}),
	cgroupns: accept({type: 'private or host', becomes: 'HostConfig.CgroupnsMode', standard: 'the engine\'s own', restricted: 'the host\'s only if policy.allowHostNamespaces names cgroup', schema: z.enum(['private', 'host']), place: value => ({HostConfig: {CgroupnsMode: value}})}),
	cgroup: alias('cgroupns'),
};
