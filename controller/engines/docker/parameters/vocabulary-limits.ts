import {z} from 'zod';
import {accept, alias, refuse, type Keyword} from './keyword.js';
import {Bytes, Text} from './values.js';

const whole = (field: 'CpuShares' | 'CpuPeriod' | 'CpuQuota' | 'CpuRealtimePeriod' | 'CpuRealtimeRuntime' | 'MemorySwappiness' | 'OomScoreAdj' | 'PidsLimit' | 'BlkioWeight', more: {standard?: string; note?: string; restricted?: string} = {}): Keyword =>
	accept({type: 'integer', becomes: `HostConfig.${field}`, ...more, schema: z.int({error: 'must be an integer'}), place: value => ({HostConfig: {[field]: value}})});
const size = (field: 'MemoryReservation', more: {note?: string} = {}): Keyword =>
	accept({type: 'size such as 64m', becomes: `HostConfig.${field}`, ...more, schema: Bytes, place: value => ({HostConfig: {[field]: value}})});
const Rates = z.array(z.strictObject({Path: z.string().optional(), path: z.string().optional(), Rate: Bytes.optional(), rate: Bytes.optional()}).transform(value => ({Path: value.path ?? value.Path ?? '', Rate: value.rate ?? value.Rate ?? 0})));
const rates = (field: 'BlkioDeviceReadBps' | 'BlkioDeviceWriteBps' | 'BlkioDeviceReadIOps' | 'BlkioDeviceWriteIOps'): Keyword =>
	accept({type: 'list of {path, rate}', becomes: `HostConfig.${field}`, schema: Rates, place: value => ({HostConfig: {[field]: value}})});
const Weights = z.array(z.strictObject({Path: z.string().optional(), path: z.string().optional(), Weight: z.int().optional(), weight: z.int().optional()}).transform(value => ({Path: value.path ?? value.Path ?? '', Weight: value.weight ?? value.Weight ?? 0})));
const Cpus = z.union([z.number().positive(), z.string().regex(/^\d+(?:\.\d+)?$/u).transform(Number)], {error: 'must be a number of CPUs such as 0.5'});
const windows = ['only Windows has it', 'write resources: {cpu: 500m}, or cpus'] as const;

/** How much of the node the container may use. `resources` beside `parameters` is the preferred way for CPU and memory. */
export const limitsVocabulary: Readonly<Record<string, Keyword>> = {
	mem_limit: accept({type: 'size such as 64m', becomes: 'HostConfig.Memory, HostConfig.MemorySwap', note: 'refused beside resources.memory, which says the same; no swap beyond it, unless memswap_limit says so', schema: Bytes, place: value => ({HostConfig: {Memory: value}})}),
	memswap_limit: accept({type: 'size, or -1 for no limit', becomes: 'HostConfig.MemorySwap', standard: 'the memory limit: no swap', schema: z.union([z.literal(-1), Bytes]), place: value => ({HostConfig: {MemorySwap: value}})}),
	mem_reservation: size('MemoryReservation'),
	mem_swappiness: whole('MemorySwappiness'),
	cpus: accept({type: 'number', becomes: 'HostConfig.NanoCpus', note: 'refused beside resources.cpu, which says the same', schema: Cpus, place: value => ({HostConfig: {NanoCpus: Math.round(value * 1e9)}})}),
	nano_cpus: accept({type: 'integer, billionths of a CPU', becomes: 'HostConfig.NanoCpus', note: 'refused beside resources.cpu, which says the same', schema: z.int().nonnegative(), place: value => ({HostConfig: {NanoCpus: value}})}),
	cpu_shares: whole('CpuShares'),
	cpu_period: whole('CpuPeriod', {note: 'in microseconds'}),
	cpu_quota: whole('CpuQuota', {note: 'in microseconds'}),
	cpu_rt_period: whole('CpuRealtimePeriod', {note: 'in microseconds'}),
	cpu_rt_runtime: whole('CpuRealtimeRuntime', {note: 'in microseconds'}),
	cpuset_cpus: accept({type: 'string such as 0-1', becomes: 'HostConfig.CpusetCpus', schema: Text, place: value => ({HostConfig: {CpusetCpus: value}})}),
	cpuset: alias('cpuset_cpus'),
	cpuset_mems: accept({type: 'string such as 0', becomes: 'HostConfig.CpusetMems', schema: Text, place: value => ({HostConfig: {CpusetMems: value}})}),
	pids_limit: whole('PidsLimit', {standard: '512', restricted: 'a positive number; -1 and 0 (no limit) only if policy.allowPrivileged is true'}),
	oom_score_adj: whole('OomScoreAdj', {restricted: 'not below 0, unless policy.allowPrivileged is true'}),
	oom_kill_disable: accept({type: 'boolean', becomes: 'HostConfig.OomKillDisable', schema: z.boolean(), place: value => ({HostConfig: {OomKillDisable: value}})}),
	blkio_weight: whole('BlkioWeight'),
	blkio_weight_device: accept({type: 'list of {path, weight}', becomes: 'HostConfig.BlkioWeightDevice', schema: Weights, place: value => ({HostConfig: {BlkioWeightDevice: value}})}),
	device_read_bps: rates('BlkioDeviceReadBps'),
	device_write_bps: rates('BlkioDeviceWriteBps'),
	device_read_iops: rates('BlkioDeviceReadIOps'),
	device_write_iops: rates('BlkioDeviceWriteIOps'),
	cgroup_parent: accept({type: 'string', becomes: 'HostConfig.CgroupParent', restricted: 'never, unless policy.allowCgroupParents names it', schema: z.string(), place: value => ({HostConfig: {CgroupParent: value}})}),
	cpu_count: refuse(...windows),
	cpu_percent: refuse(...windows),
	kernel_memory: refuse('Docker no longer has it', 'write resources: {memory: 128Mi}'),
	blkio_config: refuse('it is Compose\'s other form of the same limits', 'write blkio_weight, device_read_bps, device_write_bps, device_read_iops or device_write_iops'),
};
