import {mkdtemp, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import type {Policy} from '../../../../controller/engines/docker/policy/policy.js';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {openGround} from './ground.js';

interface Case {
	readonly parameters: Readonly<Record<string, unknown>>;
	readonly rule: string;
	/** What Docker then says of the container, when the policy permits it: a path in its inspection and the value there. */
	readonly harm?: readonly [path: string, value: unknown];
	/** The policy that permits it; undefined when none does. */
	readonly permit?: Partial<Policy>;
}

const mount = (options: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => ({mounts: [{type: 'volume', source: 'trick', target: '/x', driver_config: {name: 'local', options}}]});

const cases: Readonly<Record<string, Case>> = {
	'a privileged container': {parameters: {privileged: true}, rule: 'Privileged', permit: {allowPrivileged: true}, harm: ['HostConfig.Privileged', true]},
	'the host\'s network': {parameters: {network_mode: 'host'}, rule: 'HostNetwork', permit: {allowHostNetwork: true}, harm: ['HostConfig.NetworkMode', 'host']},
	'the host\'s network by another spelling': {parameters: {network: 'host'}, rule: 'HostNetwork', permit: {allowHostNetwork: true}, harm: ['HostConfig.NetworkMode', 'host']},
	'the host\'s network as a list': {parameters: {networks: ['host']}, rule: 'HostNetwork'},
	'another container\'s network': {parameters: {network_mode: 'container:somebody'}, rule: 'SharedNamespace'},
	'a network namespace by path': {parameters: {network_mode: 'ns:/proc/1/ns/net'}, rule: 'SharedNamespace'},
	'the host\'s processes': {parameters: {pid_mode: 'host'}, rule: 'HostNamespace', permit: {allowHostNamespaces: ['pid']}, harm: ['HostConfig.PidMode', 'host']},
	'another container\'s processes': {parameters: {pid: 'container:somebody'}, rule: 'SharedNamespace'},
	'the host\'s shared memory': {parameters: {ipc: 'host'}, rule: 'HostNamespace', permit: {allowHostNamespaces: ['ipc']}, harm: ['HostConfig.IpcMode', 'host']},
	'shared memory for others': {parameters: {ipc_mode: 'shareable'}, rule: 'SharedNamespace'},
	'the host\'s name': {parameters: {uts: 'host'}, rule: 'HostNamespace', permit: {allowHostNamespaces: ['uts']}, harm: ['HostConfig.UTSMode', 'host']},
	'the host\'s users': {parameters: {userns_mode: 'host'}, rule: 'HostNamespace', permit: {allowHostNamespaces: ['user']}, harm: ['HostConfig.UsernsMode', 'host']},
	'the host\'s control groups': {parameters: {cgroupns: 'host'}, rule: 'HostNamespace', permit: {allowHostNamespaces: ['cgroup']}, harm: ['HostConfig.CgroupnsMode', 'host']},
	'a strong capability': {parameters: {cap_add: ['SYS_ADMIN']}, rule: 'Capability', permit: {allowCapabilities: ['SYS_ADMIN']}, harm: ['HostConfig.CapAdd', ['SYS_ADMIN']]},
	'a strong capability in small letters': {parameters: {cap_add: ['cap_net_admin']}, rule: 'Capability', permit: {allowCapabilities: ['net_admin']}, harm: ['HostConfig.CapAdd', ['cap_net_admin']]},
	'all capabilities': {parameters: {cap_add: ['ALL']}, rule: 'Capability', permit: {allowCapabilities: ['ALL']}, harm: ['HostConfig.CapAdd', ['ALL']]},
	'no seccomp': {parameters: {security_opt: ['seccomp=unconfined']}, rule: 'SecurityOption', permit: {allowSecurityOptions: ['seccomp=unconfined']}, harm: ['HostConfig.SecurityOpt', ['seccomp=unconfined', 'no-new-privileges']]},
	'no seccomp with a colon': {parameters: {security_opt: ['seccomp:unconfined']}, rule: 'SecurityOption'},
	'no AppArmor': {parameters: {security_opt: ['apparmor=unconfined']}, rule: 'SecurityOption'},
	'no SELinux': {parameters: {security_opt: ['label=disable']}, rule: 'SecurityOption'},
	'new privileges': {parameters: {security_opt: ['no-new-privileges:false']}, rule: 'SecurityOption'},
	'new privileges, by another word for false': {parameters: {security_opt: ['no-new-privileges:0']}, rule: 'SecurityOption'},
	'unmasked system paths': {parameters: {security_opt: ['systempaths=unconfined']}, rule: 'SecurityOption'},
	'a device': {parameters: {devices: ['/dev/null:/dev/other']}, rule: 'Device', permit: {allowDevices: ['/dev/null']}, harm: ['HostConfig.Devices.0.PathOnHost', '/dev/null']},
	'a device by a pattern that does not fit': {parameters: {devices: ['/dev/mem']}, rule: 'Device'},
	'a device by a detour': {parameters: {devices: ['/dev/shm/../mem']}, rule: 'Device'},
	'a device rule': {parameters: {device_cgroup_rules: ['c 1:1 rwm']}, rule: 'Device', permit: {allowDevices: ['c 1:1 rwm']}, harm: ['HostConfig.DeviceCgroupRules', ['c 1:1 rwm']]},
	'graphics cards': {parameters: {gpus: 'all'}, rule: 'Device'},
	'a sysctl of the host': {parameters: {sysctls: {'kernel.msgmax': 1}}, rule: 'Sysctl'},
	'a host path': {parameters: {volumes: ['/etc:/x:ro']}, rule: 'HostPath', permit: {allowHostPaths: ['/etc']}, harm: ['HostConfig.Binds', ['/etc:/x:ro']]},
	'a host path as a map': {parameters: {volumes: {'/etc': {bind: '/x', mode: 'ro'}}}, rule: 'HostPath'},
	'a host path as a mount': {parameters: {mounts: [{type: 'bind', source: '/etc', target: '/x'}]}, rule: 'HostPath', permit: {allowHostPaths: ['/etc']}, harm: ['HostConfig.Mounts.0.Source', '/etc']},
	'the root of the host': {parameters: {volumes: ['/:/x']}, rule: 'EngineSocket'},
	'the engine\'s socket': {parameters: {volumes: ['/var/run/docker.sock:/x']}, rule: 'EngineSocket'},
	'the engine\'s socket by a detour': {parameters: {volumes: ['/var/run/../run/docker.sock:/x']}, rule: 'EngineSocket'},
	'the engine\'s socket with more slashes': {parameters: {volumes: ['//run//.//docker.sock:/x']}, rule: 'EngineSocket'},
	'the folder of the engine\'s socket': {parameters: {volumes: ['/var/run/:/x']}, rule: 'EngineSocket'},
	'containerd\'s socket': {parameters: {mounts: [{type: 'bind', source: '/run/containerd', target: '/x'}]}, rule: 'EngineSocket'},
	'a volume that is a bind': {parameters: mount({type: 'none', o: 'bind', device: '/'}), rule: 'VolumeOptions'},
	'a volume that is a bind, disguised': {parameters: mount({TYPE: 'tmpfs', O: 'ro,rbind', Device: '/etc'}), rule: 'VolumeOptions'},
	'a volume that is a disk': {parameters: mount({type: 'ext4', device: '/dev/sda1'}), rule: 'VolumeOptions'},
	'the volumes of another': {parameters: {volumes_from: ['somebody']}, rule: 'VolumesFrom'},
	'the environment of another': {parameters: {network_mode: 'bridge', links: ['somebody:it']}, rule: 'Links'},
	'another control group': {parameters: {cgroup_parent: '/'}, rule: 'CgroupParent'},
	'no limit of processes': {parameters: {pids_limit: -1}, rule: 'PidsLimit', permit: {allowPrivileged: true}},
	'another runtime': {parameters: {runtime: 'mine'}, rule: 'Runtime'},
	'being spared when memory runs out': {parameters: {oom_score_adj: -1000}, rule: 'OomScore', permit: {allowPrivileged: true}, harm: ['HostConfig.OomScoreAdj', -1000]},
	'a log that is sent from the host': {parameters: {log_config: {type: 'syslog', config: {'syslog-address': 'tcp://127.0.0.1:1'}}}, rule: 'LogDriver'},
};

const at = (value: unknown, path: string): unknown => path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);

for (const [title, {parameters, rule, permit, harm}] of Object.entries(cases)) {
	test(`${title}: refused with field, rule and remedy, and never created`, async t => {
		await using ground = openGround();
		const workload = ground.workload({template: {parameters}});
		const [refusal] = ground.engine.review(workload.template, workload);
		t.like(refusal, {kind: 'forbidden', rule});
		t.true(refusal!.field.startsWith('parameters.'));
		t.regex(refusal!.message, /node here/u);
		const error = await t.throwsAsync(ground.engine.start(workload, {signal: ground.signal}), {instanceOf: EngineError});
		t.is(error.code, 'Refused');
		t.deepEqual(await ground.docker.listContainers({all: true, filters: {label: [`motey.io/node=${ground.nodeId}`]}}), []);
	});

	if (permit === undefined) continue;
	test(`${title}: created exactly so where the node's own policy permits it`, async t => {
		await using ground = openGround({policy: permit});
		const workload = ground.workload({template: {parameters}});
		t.deepEqual(ground.engine.review(workload.template, workload), []);
		if (harm === undefined) return;
		// Some of these cannot start where the tests run, in a container without such rights; what counts is what was asked of Docker.
		await ground.run(workload).catch((error: unknown) => t.is((error as EngineError).code, 'StartFailed'));
		t.deepEqual(at(await ground.docker.getContainer(workload.name).inspect(), harm[0]), harm[1]);
	});
}

test('an allowed folder does not let a link in it lead elsewhere', async t => {
	const folder = await mkdtemp(join(tmpdir(), 'policy-'));
	try {
		await symlink('/etc', join(folder, 'innocent'));
		await using ground = openGround({policy: {allowHostPaths: [folder]}});
		const review = (path: string): readonly string[] => ground.engine.review(ground.workload({template: {parameters: {volumes: [`${path}:/x`]}}}).template, ground.workload()).map(each => each.rule);
		t.deepEqual(review(join(folder, 'below')), []);
		t.deepEqual(review(join(folder, 'innocent')), ['HostPath']);
		t.deepEqual(review(`${folder}/../..`), ['EngineSocket']);
		t.deepEqual(review(`${folder}-beside`), ['HostPath']);
	} finally {
		await rm(folder, {recursive: true});
	}
});

test('the socket of the very engine is found wherever it lies, also where its folder is allowed', async t => {
	await using ground = openGround({policy: {allowHostPaths: ['/tmp']}});
	const socket = new URL(process.env['MOTEY_TEST_DOCKER']!).pathname;
	const {template} = ground.workload({template: {parameters: {volumes: [`${socket}:/x`]}}});
	t.like(ground.engine.review(template, ground.workload())[0], {rule: 'EngineSocket', fix: 'leave it out, or let here permit it: under policy: in its motey.yaml add allowEngineSocket: true'});
});

test('what the baseline permits is not refused', async t => {
	await using ground = openGround();
	const parameters = {
		cap_add: ['NET_BIND_SERVICE'], cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], sysctls: {'net.ipv4.ip_unprivileged_port_start': 0}, tmpfs: {'/run': 'size=1m'},
		volumes: ['data:/data', '/anonymous'], read_only: true, user: 1000, group_add: [20], ipc_mode: 'private', mounts: [{type: 'tmpfs', target: '/cache', tmpfs_size: '1m'}],
	};
	const workload = ground.workload({template: {parameters}});
	t.deepEqual(ground.engine.review(workload.template, workload), []);
	await ground.run(workload);
	const {HostConfig: host, Config: config} = await ground.docker.getContainer(workload.name).inspect();
	t.like(host, {Init: true, PidsLimit: 512, SecurityOpt: ['no-new-privileges:true'], RestartPolicy: {Name: 'no', MaximumRetryCount: 0}, LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}}});
	t.is(config.User, '1000');
});
