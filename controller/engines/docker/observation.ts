import {z} from 'zod';
import type {Observation} from '../../../reconcilers/ports/engine.js';
import type {PortMapping} from '../../../store/resources/instance.js';
import {exitCodeFromStatus, healthFromStatus} from './docker-sentences.js';
import {labels} from './labels.js';

const State = z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing']).catch('exited');
const StringMap = z.record(z.string(), z.string()).nullish().transform(map => map ?? {});

/** `GET /containers/{id}/json`, as far as it is read here. */
export const Inspection = z.object({
	Id: z.string(),
	Name: z.string(),
	Created: z.string().optional(),
	Image: z.string().optional(),
	State: z.object({
		Status: State,
		OOMKilled: z.boolean().catch(false),
		ExitCode: z.number().catch(0),
		Error: z.string().catch(''),
		StartedAt: z.string().optional(),
		FinishedAt: z.string().optional(),
		Health: z.object({Status: z.string()}).nullish(),
	}),
	Config: z.object({Labels: StringMap, Tty: z.boolean().catch(false), Image: z.string().catch('')}),
	HostConfig: z.object({Memory: z.number().catch(0), NanoCpus: z.number().catch(0), CpuQuota: z.number().catch(0), CpuPeriod: z.number().catch(0)}),
	NetworkSettings: z.object({
		Ports: z.record(z.string(), z.array(z.object({HostIp: z.string(), HostPort: z.string()})).nullable()).nullish(),
		Networks: z.record(z.string(), z.object({IPAddress: z.string().catch('')})).nullish(),
	}).optional(),
});
export type Inspection = z.infer<typeof Inspection>;

/** One entry of `GET /containers/json`. */
export const ListEntry = z.object({
	Id: z.string(),
	Names: z.array(z.string()),
	ImageID: z.string().optional(),
	Labels: StringMap,
	State,
	Status: z.string(),
	Ports: z.array(z.object({IP: z.string().optional(), PrivatePort: z.number(), PublicPort: z.number().optional(), Type: z.string()})).nullish(),
	NetworkSettings: z.object({Networks: z.record(z.string(), z.object({IPAddress: z.string().catch('')})).nullish()}).nullish(),
});
export type ListEntry = z.infer<typeof ListEntry>;

const Health = z.enum(['none', 'starting', 'healthy', 'unhealthy']).catch('none');
const Protocol = z.enum(['tcp', 'udp', 'sctp']).catch('tcp');

/** Docker's year 1 means never. */
const time = (value: string | undefined): string | undefined => value === undefined || value === '' || value.startsWith('0001-') ? undefined : value;

/** Docker lists a port once for IPv4 and once for IPv6; they are one publication. */
function portMappings(ports: readonly PortMapping[]): readonly PortMapping[] {
	const seen = new Map<string, PortMapping>();
	for (const port of ports) {
		const key = `${port.container}/${port.protocol}:${port.host}`;
		if (!seen.has(key) || port.address === undefined) seen.set(key, port);
	}
	return [...seen.values()];
}

const mapping = (container: number, host: number, {protocol, address}: {protocol: string; address: string | undefined}): PortMapping => ({
	container, host, protocol: Protocol.parse(protocol), ...(address === undefined || ['', '0.0.0.0', '::'].includes(address) ? {} : {address}),
});

function origin(given: Readonly<Record<string, string>>): Pick<Observation, 'namespace' | 'service' | 'image' | 'uid' | 'slot' | 'binding' | 'specHash'> {
	return {
		namespace: given[labels.namespace] ?? '',
		service: given[labels.service] ?? '',
		image: given[labels.image] ?? '',
		uid: given[labels.uid] ?? '',
		slot: Number(given[labels.slot] ?? 0),
		binding: Number(given[labels.binding] ?? 1),
		specHash: given[labels.specHash] ?? '',
	};
}

const firstAddress = (networks: Readonly<Record<string, {readonly IPAddress: string}>> | null | undefined): string | undefined => Object.values(networks ?? {}).map(network => network.IPAddress).find(address => address !== '');

function cpuLimit({NanoCpus: nano, CpuQuota: quota, CpuPeriod: period}: Inspection['HostConfig']): number | undefined {
	if (nano > 0) return nano / 1e6;
	return quota > 0 ? quota / (period > 0 ? period : 100_000) * 1000 : undefined;
}

/** An inspected container as an observation; the caller has made sure that it is ours. */
export function observationOf(inspection: Inspection, judged: Pick<Observation, 'endedWithEngine' | 'endedBeforeEngine'>): Observation {
	const {State: state} = inspection;
	const [createdAt, startedAt, finishedAt] = [time(inspection.Created), time(state.StartedAt), time(state.FinishedAt)];
	const ended = state.Status === 'exited' || state.Status === 'dead';
	const address = firstAddress(inspection.NetworkSettings?.Networks);
	const cpu = cpuLimit(inspection.HostConfig);
	const exitReason = state.OOMKilled ? 'OOMKilled' : state.Error === '' ? undefined : state.Error;
	const ports = Object.entries(inspection.NetworkSettings?.Ports ?? {}).flatMap(([key, bindings]) => {
		const [container = '', protocol = 'tcp'] = key.split('/');
		return (bindings ?? []).map(binding => mapping(Number(container), Number(binding.HostPort), {protocol, address: binding.HostIp}));
	});
	return {
		name: inspection.Name.replace(/^\//u, ''),
		...origin(inspection.Config.Labels),
		state: state.Status,
		health: Health.parse(state.Health?.Status),
		engineId: inspection.Id,
		...(inspection.Image === undefined ? {} : {contentId: inspection.Image}),
		...(address === undefined ? {} : {address}),
		ports: portMappings(ports),
		...(createdAt === undefined ? {} : {createdAt}),
		...(startedAt === undefined ? {} : {startedAt}),
		...(ended && finishedAt !== undefined ? {finishedAt} : {}),
		...(ended ? {exitCode: state.ExitCode} : {}),
		...(ended && exitReason !== undefined ? {exitReason} : {}),
		...judged,
		limits: {
			...(cpu === undefined ? {} : {cpuMillis: cpu}),
			...(inspection.HostConfig.Memory > 0 ? {memoryBytes: inspection.HostConfig.Memory} : {}),
		},
	};
}

/** A listed container as an observation. Times and limits are not in Docker's list. */
export function listedObservation(entry: ListEntry): Observation {
	const address = firstAddress(entry.NetworkSettings?.Networks);
	const exitCode = exitCodeFromStatus(entry.Status);
	const ports = (entry.Ports ?? []).flatMap(port => port.PublicPort === undefined ? [] : [mapping(port.PrivatePort, port.PublicPort, {protocol: port.Type, address: port.IP})]);
	return {
		name: (entry.Names[0] ?? '').replace(/^\//u, ''),
		...origin(entry.Labels),
		state: entry.State,
		health: healthFromStatus(entry.Status),
		engineId: entry.Id,
		...(entry.ImageID === undefined ? {} : {contentId: entry.ImageID}),
		...(address === undefined ? {} : {address}),
		ports: portMappings(ports),
		...(exitCode === undefined ? {} : {exitCode}),
		limits: {},
	};
}
