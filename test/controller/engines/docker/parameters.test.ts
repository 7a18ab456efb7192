import test from 'ava';
import {readParameters, vocabulary} from '../../../../controller/engines/docker/parameters/read-parameters.js';
import {splitCommand} from '../../../../controller/engines/docker/parameters/values.js';

const context = {namespace: 'default', service: 'shop'};
const read = (parameters: Readonly<Record<string, unknown>>): ReturnType<typeof readParameters> => readParameters(parameters, context);
const host = (parameters: Readonly<Record<string, unknown>>): unknown => {
	const {body, refusals} = read(parameters);
	if (refusals.length > 0) throw new Error(JSON.stringify(refusals));
	return body.HostConfig;
};
const refusal = (parameters: Readonly<Record<string, unknown>>): string => read(parameters).refusals.map(({field, message, fix}) => `${field}: ${message}; ${fix}`).join('\n');

// The arguments of docker-py 7.1's containers.run and containers.create, and the keys of a Compose service (compose-spec, 2024).
const dockerPy = 'image command auto_remove blkio_weight_device blkio_weight cap_add cap_drop cgroup_parent cgroupns cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpuset_cpus cpuset_mems detach device_cgroup_rules device_read_bps device_read_iops device_write_bps device_write_iops devices device_requests dns dns_opt dns_search domainname entrypoint environment extra_hosts group_add healthcheck hostname init init_path ipc_mode isolation kernel_memory labels links log_config lxc_conf mac_address mem_limit mem_reservation mem_swappiness memswap_limit mounts name nano_cpus network network_disabled network_mode networking_config oom_kill_disable oom_score_adj pid_mode pids_limit platform ports privileged publish_all_ports read_only remove restart_policy runtime security_opt shm_size stdin_open stdout stderr stop_signal storage_opt stream sysctls tmpfs tty ulimits use_config_proxy user userns_mode uts_mode version volume_driver volumes volumes_from working_dir';
const compose = 'attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset depends_on deploy device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports privileged profiles pull_policy read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits user userns_mode uts volumes volumes_from working_dir';

test('every key of docker-py and of Compose is known: taken, or refused with a reason', t => {
	const known = new Set(Object.keys(vocabulary));
	t.deepEqual([...dockerPy.split(' '), ...compose.split(' ')].filter(key => !known.has(key)), []);
});

test('docker-py\'s and Compose\'s spellings of one thing give the same container', t => {
	t.deepEqual(read({ports: {'80/tcp': 8080}}), read({ports: ['8080:80']}));
	t.deepEqual(read({ports: {'80/tcp': ['127.0.0.1', 8080]}}), read({ports: ['127.0.0.1:8080:80']}));
	t.deepEqual(read({ports: {80: null}}), read({ports: [80]}));
	t.deepEqual(read({ports: {'53/udp': 5353}}), read({ports: [{target: 53, published: '5353', protocol: 'udp'}]}));
	t.deepEqual(read({environment: {A: 'b', N: 1}}), read({environment: ['A=b', 'N=1']}));
	t.deepEqual(read({volumes: {data: {bind: '/srv', mode: 'ro'}}}), read({volumes: ['data:/srv:ro']}));
	t.deepEqual(read({ipc_mode: 'private', pid_mode: '', cgroupns: 'private'}), read({ipc: 'private', pid: '', cgroup: 'private'}));
	t.deepEqual(read({log_config: {type: 'local', config: {'max-size': '1m'}}}), read({logging: {driver: 'local', options: {'max-size': '1m'}}}));
	t.deepEqual(read({nano_cpus: 500_000_000}), read({cpus: '0.5'}));
	t.deepEqual(read({healthcheck: {test: ['CMD', 'ok'], interval: 10_000_000_000}}), read({healthcheck: {test: ['CMD', 'ok'], interval: '10s'}}));
	t.deepEqual(read({ulimits: [{Name: 'nofile', Soft: 10, Hard: 20}]}), read({ulimits: {nofile: {soft: 10, hard: 20}}}));
	t.deepEqual(read({extra_hosts: {db: '10.0.0.1'}}), read({extra_hosts: ['db:10.0.0.1']}));
	t.deepEqual(read({mem_limit: '64m'}), read({mem_limit: 67_108_864}));
	t.deepEqual(read({device_requests: [{Count: -1, Capabilities: [['gpu']]}]}), read({gpus: 'all'}));
});

test('ports take ranges, any free one, addresses and several for one', t => {
	t.deepEqual(host({ports: {'80/tcp': '8080-8089'}}), {PortBindings: {'80/tcp': [{HostPort: '8080-8089'}]}});
	t.deepEqual(host({ports: {'80/tcp': ''}}), {PortBindings: {'80/tcp': [{HostPort: ''}]}});
	t.deepEqual(host({ports: {'80/tcp': [8080, 8081]}}), {PortBindings: {'80/tcp': [{HostPort: '8080'}, {HostPort: '8081'}]}});
	t.deepEqual(host({ports: ['[::1]:8080:80']}), {PortBindings: {'80/tcp': [{HostPort: '8080', HostIp: '::1'}]}});
	t.deepEqual(host({ports: ['127.0.0.1::80']}), {PortBindings: {'80/tcp': [{HostPort: '', HostIp: '127.0.0.1'}]}});
	t.deepEqual(host({ports: ['9000-9001:80-81']}), {PortBindings: {'80/tcp': [{HostPort: '9000'}], '81/tcp': [{HostPort: '9001'}]}});
});

test('what is no port, size, duration, volume or variable is refused where it stands', t => {
	t.regex(refusal({ports: {'80/tcp': 70_000}}), /^parameters\.ports\.80\/tcp: .* is no port/u);
	t.regex(refusal({ports: {'80/http': 80}}), /^parameters\.ports\.80\/http/u);
	t.regex(refusal({ports: ['9000-9002:80-81']}), /^parameters\.ports\.0/u);
	t.regex(refusal({mem_limit: '64q'}), /^parameters\.mem_limit: "64q" is no size/u);
	t.regex(refusal({healthcheck: {interval: 'soon'}}), /^parameters\.healthcheck\.interval: "soon" is no duration/u);
	t.regex(refusal({healthcheck: {intervall: '1s'}}), /intervall/u);
	t.regex(refusal({volumes: ['./data:/srv']}), /relative/u);
	t.regex(refusal({volumes: ['data:srv']}), /begins with \//u);
	t.regex(refusal({volumes: ['a:/b:whatever']}), /parameters\.volumes\.0/u);
	t.regex(refusal({environment: {V: 1.5}}), /^parameters\.environment\.V: .*quote it/u);
	t.regex(refusal({environment: {V: true}}), /^parameters\.environment\.V: .*quote it/u);
	t.regex(refusal({environment: ['HOME']}), /parameters\.environment\.0: "HOME" must be KEY=value/u);
	t.regex(refusal({labels: {'motey.io/uid': 'x'}}), /Motey's own/u);
	t.regex(refusal({privileged: 'yes'}), /parameters\.privileged: must be true or false/u);
});

test('an unknown key is refused with the nearest known one', t => {
	t.regex(refusal({enviroment: {}}), /^parameters\.enviroment: the docker engine knows no parameter "enviroment"; did you mean environment\?/u);
	t.regex(refusal({Volumes: []}), /did you mean volumes\?/u);
	t.regex(refusal({zzzzzzzzzzzz: 1}), /docs\/parameters\.md/u);
	t.regex(refusal({constructor: 1, toString: 1}), /constructor[\s\S]*toString/u);
});

test('what Motey does itself is refused with the way to say it', t => {
	t.regex(refusal({restart: 'always'}), /restart is not taken.*restartPolicy/u);
	t.regex(refusal({container_name: 'x'}), /lock of its slot/u);
	t.regex(refusal({depends_on: ['db']}), /starts at once/u);
});

test('two spellings of one parameter are refused', t => {
	t.regex(refusal({ipc: 'private', ipc_mode: 'private'}), /two spellings/u);
});

test('a null counts as not written', t => {
	t.deepEqual(read({command: null, ports: null}).body, {});
});

test('a named volume is the service\'s own unless it is external', t => {
	t.deepEqual(host({volumes: ['data:/a', '/anonymous']}), {Binds: ['motey_default_shop_data:/a']});
	t.deepEqual(host({volumes: {data: {bind: '/a', external: true}}}), {Binds: ['data:/a:rw']});
	t.deepEqual(host({volumes: [{type: 'volume', source: 'data', target: '/a', external: true}]}), {Mounts: [{Type: 'volume', Target: '/a', Source: 'data'}]});
});

test('a command line is split as a shell would split it', t => {
	t.deepEqual(splitCommand('sh -c "echo \\"a b\\"; ls"  \'x y\' a\\ b'), ['sh', '-c', 'echo "a b"; ls', 'x y', 'a b']);
	t.is(splitCommand('sh -c "open'), undefined);
	t.deepEqual(splitCommand(''), []);
	t.deepEqual(read({command: 'sleep 10'}).body.Cmd, ['sleep', '10']);
});
