import {z} from 'zod';
import {Capability} from '../../store/resources/capability.js';
import {Name} from '../../store/resources/meta.js';
import {parsePeer} from '../discovery/static-peers.js';

const Port = z.int().min(0).max(65_535);
const Span = z.int().min(50).max(600_000);
const Path = z.string().startsWith('/', 'must be an absolute path');
const Names = z.array(z.string().min(1)).readonly();

/** Motey's own engines cannot be brought from outside, and none twice. */
const EngineNames = z.array(Name).refine(names => new Set(['docker', 'process', 'simulated', ...names]).size === names.length + 3, 'must be names of their own, each once, and not docker, process or simulated').readonly();

/** What this node permits the workloads it is given. Set only in the node's own file, never by a flag, the environment or the API. */
const Policy = z.strictObject({
	allowPrivileged: z.boolean().default(false).describe('containers may be privileged'),
	allowDevices: Names.default([]).describe('host devices that containers may use, such as /dev/ttyUSB0'),
	allowHostPaths: Names.default([]).describe('host folders that containers may mount, with everything below'),
	allowHostNetwork: z.boolean().default(false).describe('containers may use network_mode: host'),
	allowCapabilities: Names.default([]).describe('Linux capabilities beyond Docker\'s default set that containers may add'),
	allowHostNamespaces: Names.default([]).describe('of network (another container\'s), pid, ipc, uts, user and cgroup: what containers may share with the host or another container'),
	allowSysctls: Names.default([]).describe('sysctls beyond those that the kernel keeps apart for each container'),
	allowSecurityOptions: Names.default([]).describe('values of security_opt that containers may have, word for word, such as seccomp=unconfined'),
	allowRuntimes: Names.default([]).describe('runtimes other than the engine\'s default that containers may use'),
	allowCgroupParents: Names.default([]).describe('control groups that containers may be put under'),
	allowEngineSocket: z.boolean().default(false).describe('containers may mount the engine\'s own socket, which makes them root on the host'),
}).readonly();

/** Every key of `motey.yaml`, its type, default and meaning. The configuration reference is generated from it. */
export const Config = z.strictObject({
	name: Name.describe('name of this node; the host\'s name by default'),
	dataDir: Path.describe('where the store, the keys and the admin token live'),
	runDir: Path.describe('where the pid file and the socket live'),
	compatibility: z.strictObject({
		rest: z.boolean().default(false).describe('serve /v1 on loopback without a token, as the original Motey did; `compatibility: true` stands for this and the next two'),
		zeromq: z.boolean().default(false).describe('answer nodes of the original at `repliers.*`, and hear its daemons on TCP 5090 and /tmp/capability_engine.ipc'),
		mqtt: z.boolean().default(false).describe('speak the original\'s topics at the broker of `mqtt.url`'),
		cleverShow: z.union([z.literal(false), Port]).default(false).describe('where clients of clever-show\'s messaging are served, which took 25000: on loopback, and on the address that `advertise` names; 0 means any free port'),
	}).readonly(),
	advertise: z.string().min(1).max(253).exactOptional().describe('address or name under which other nodes reach this one; this host\'s address on the way to whom it joins or to the broker by default'),
	peers: z.strictObject({
		port: Port.default(5024).describe('requests of other nodes, once this one is in a cluster; 0 means any free port'),
		pubPort: Port.default(5025).describe('heartbeats and news for other nodes; 0 means any free port'),
		addresses: z.array(z.string().refine(text => parsePeer(text) !== undefined, 'must be HOST:PORT, such as 192.168.1.7:5024 or [fd00::7]:5024')).max(32).readonly().default([])
			.describe('HOST:PORT where other members may be; each is tried for every member that is not linked'),
	}).readonly(),
	discovery: z.enum(['mqtt', 'none']).default('mqtt').describe('how members of a cluster hear of each other\'s new addresses'),
	mqtt: z.strictObject({
		url: z.string().regex(/^mqtts?:\/\/[^/@?#\s]+$/u, 'must be mqtt://HOST:PORT or mqtts://HOST:PORT').exactOptional().describe('the broker; the cluster\'s own by default, on the node that began it'),
		username: z.string().min(1).max(256).exactOptional().describe('user name at the broker of mqtt.url; the node\'s id by default, if there is a password'),
		password: z.string().max(1024).exactOptional().describe('password at the broker of mqtt.url; never shown'),
		ca: Path.exactOptional().describe('PEM file of the authority that signed the certificate of an mqtts:// broker; the system\'s authorities by default'),
		keepalive: z.int().min(1).max(300).default(30).describe('seconds of silence after which the broker is asked whether it is there'),
		port: Port.default(8883).describe('where the cluster\'s own broker listens, when this node begins a cluster; always over TLS'),
	}).readonly(),
	groups: z.strictObject({
		heartbeatMs: Span.default(1000).describe('milliseconds between two signs of life of a member of a group, and of its leader; the same on all nodes, as are the others'),
		electionMinMs: Span.default(1500).describe('least silence of a leader, in milliseconds, after which another is elected; longer than a heartbeat'),
		electionMaxMs: Span.default(2000).describe('greatest silence of a leader, in milliseconds, after which another is elected'),
		peerTimeoutMs: Span.default(3000).describe('silence, in milliseconds, after which a member is not visible any more, and after which a leader without a quorum steps down'),
		pollMs: Span.default(1500).describe('milliseconds that a poll may take unless it says so itself'),
	}).refine(({heartbeatMs, electionMinMs, electionMaxMs, peerTimeoutMs}) => heartbeatMs < electionMinMs && electionMinMs <= electionMaxMs && heartbeatMs < peerTimeoutMs, 'heartbeatMs must be less than electionMinMs and peerTimeoutMs, electionMinMs not more than electionMaxMs').readonly(),
	repliers: z.strictObject({
		capabilities: Port.default(5091).describe('where nodes of the original Motey ask for capabilities; here and on them, with compatibility'),
		deploy: Port.default(5092).describe('where they deploy images'),
		status: Port.default(5093).describe('where they ask for the state of an image'),
		terminate: Port.default(5094).describe('where they terminate images'),
	}).readonly(),
	api: z.strictObject({
		port: Port.default(5023).describe('plain HTTP on loopback; 0 means any free port'),
		tlsPort: Port.default(5443).describe('the same API over TLS; 0 means any free port'),
		listen: Names.default([]).describe('further addresses to serve TLS on, such as 0.0.0.0 or 192.168.1.7; loopback is always served'),
		hosts: Names.default([]).describe('further names under which clients may address this node; they enter the certificate'),
		socket: Path.exactOptional().describe('path of the unix socket; <runDir>/motey.sock by default'),
	}).readonly(),
	log: z.strictObject({
		level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('least level that is written'),
		file: Path.exactOptional().describe('where the log goes; standard output in the foreground, <dataDir>/motey.log for a daemon'),
	}).readonly(),
	engines: z.strictObject({
		docker: z.strictObject({
			enabled: z.boolean().default(true).describe('run containers through a Docker Engine'),
			url: z.string().regex(/^(?:unix:\/\/\/|tcp:\/\/|http:\/\/)/, 'must begin with unix:///, tcp:// or http://').describe('where the Docker Engine listens; DOCKER_HOST, else unix:///var/run/docker.sock by default'),
			credentials: Path.exactOptional().describe('a file like Docker\'s config.json with the logins of private registries; <dataDir>/registries.json by default'),
		}).readonly(),
		simulated: z.strictObject({
			enabled: z.boolean().default(false).describe('an engine whose instances exist only in memory, for trying things out'),
		}).readonly(),
		process: z.strictObject({
			allow: Names.default([]).describe('programs of this host that services may run without a container: paths, where * stands for any part of one name; without any there is no process engine'),
		}).readonly(),
		external: z.strictObject({
			allow: EngineNames.default([]).describe('engines that programs of this host may bring, by name: lxc lets the worker val.lxc attach'),
		}).readonly(),
	}).readonly(),
	policy: Policy,
	capabilities: z.strictObject({
		socket: Path.exactOptional().describe('a further socket where hardware daemons publish, such as the original\'s /tmp/capability_engine.ipc'),
		static: z.array(Capability).readonly().default([]).describe('what this node can do beside what its engines and users say'),
	}).readonly(),
	files: z.strictObject({
		allow: z.array(Path).max(32).readonly().default([]).describe('folders of this host where files may be copied to and from, with everything below; <dataDir>/files by default'),
	}).readonly(),
	images: z.strictObject({
		seedSeconds: z.number().min(0).max(86_400).default(60).describe('seconds between two looks whether the nodes that would take work over have its images, and bringing them there; 0: never, and none are taken from others ahead of time either'),
	}).readonly(),
	limits: z.record(z.string(), z.number().positive()).readonly().default({}).describe('limits of the API and the store by name; see the guarantees'),
}).readonly();
export type Config = z.infer<typeof Config>;

/** Keys that only the node's own file may set: a remote write, a flag or an inherited environment must not widen what a node permits. */
export const fileOnlyKeys = ['policy', 'engines.process', 'engines.external', 'files'] as const;
