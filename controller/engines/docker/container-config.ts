import type {Workload} from '../../../reconcilers/ports/engine.js';
import type {Refusal} from '../../../store/resources/refusal.js';
import type {Resources} from '../../../store/resources/image.js';
import {workloadEnvironment} from '../workload-environment.js';
import {mergeBodies, type ContainerBody, type HostConfigBody} from './container-body.js';
import {labels, workloadLabels} from './labels.js';
import {readParameters} from './parameters/read-parameters.js';
import {cpuMillis, memoryBytes} from '../../../reconcilers/placement/quantity.js';

/** The node that a body is made for. */
export interface NodeIdentity {
	readonly nodeId: string;
	readonly nodeName: string;
}

/** Name of the bridge that the containers of a namespace share. */
export const networkName = (namespace: string): string => `motey_${namespace}`;

/** Limits as Docker has them. No swap beyond the memory limit, unless `parameters` say so. */
export function limitsOf(resources: Resources): HostConfigBody {
	return {
		...(resources.cpu === undefined ? {} : {NanoCpus: cpuMillis(resources.cpu) * 1_000_000}),
		...(resources.memory === undefined ? {} : {Memory: memoryBytes(resources.memory)}),
	};
}

function twice(asked: ContainerBody, resources: Resources): readonly Refusal[] {
	const both = (field: string, others: string): Refusal => ({kind: 'invalid', field, rule: 'FieldValueDuplicate', message: `${field} and ${others} limit the same thing`, fix: `write ${field} alone; placement counts it too`});
	return [
		...(resources.memory !== undefined && asked.HostConfig?.Memory !== undefined ? [both('resources.memory', 'parameters.mem_limit')] : []),
		...(resources.cpu !== undefined && (asked.HostConfig?.NanoCpus ?? asked.HostConfig?.CpuQuota ?? asked.HostConfig?.CpuPeriod) !== undefined ? [both('resources.cpu', 'parameters.cpus, nano_cpus, cpu_period or cpu_quota')] : []),
	];
}

const standard: ContainerBody = {HostConfig: {
	Init: true,
	PidsLimit: 512,
	LogConfig: {Type: 'json-file', Config: {'max-size': '10m', 'max-file': '3'}},
	RestartPolicy: {Name: 'no'},
}};

/** Docker looks names up as they are before it tries the search domain unless told otherwise, and some resolvers then never try it. */
const searchFirst = 'ndots:1';

function networking(workload: Workload, asked: ContainerBody): ContainerBody {
	if (asked.HostConfig?.NetworkMode !== undefined || asked.NetworkDisabled === true) return {};
	const network = networkName(workload.namespace);
	return {
		HostConfig: {NetworkMode: network, DnsSearch: [workload.service], DnsOptions: [searchFirst]},
		NetworkingConfig: {EndpointsConfig: {[network]: {Aliases: [`${workload.template.name}.${workload.service}`, workload.service]}}},
	};
}

/**
 * The body that creates the container of `workload`, and what makes it impossible.
 * Pure: the same workload gives the same body, and what the API reviews is what the engine later creates.
 */
export function containerBody(workload: Workload, {nodeId, nodeName}: NodeIdentity): {readonly body: ContainerBody; readonly refusals: readonly Refusal[]} {
	const {template} = workload;
	const {body: asked, refusals} = readParameters(template.parameters, workload);
	const own: ContainerBody = {
		Image: template.image,
		Labels: {
			...workloadLabels(workload, nodeId),
			[labels.parameterLimits]: [...(asked.HostConfig?.Memory === undefined ? [] : ['memory']), ...(asked.HostConfig?.NanoCpus === undefined ? [] : ['cpu'])].join(','),
		},
		Env: workloadEnvironment(workload, nodeName),
		StopTimeout: template.stopGraceSeconds,
		HostConfig: limitsOf(template.resources),
	};
	const merged = [networking(workload, asked), asked, own].reduce(mergeBodies, standard);
	const host = merged.HostConfig ?? {};
	const hardened: ContainerBody = {...merged, HostConfig: {
		...host,
		...(host.Memory !== undefined && host.MemorySwap === undefined ? {MemorySwap: host.Memory} : {}),
		SecurityOpt: (host.SecurityOpt ?? []).some(option => option.startsWith('no-new-privileges')) ? host.SecurityOpt ?? [] : [...host.SecurityOpt ?? [], 'no-new-privileges'],
	}};
	return {body: hardened, refusals: [...refusals, ...twice(asked, template.resources)]};
}
