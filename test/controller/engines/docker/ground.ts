import {randomBytes} from 'node:crypto';
import Dockerode from 'dockerode';
import {createDockerEngine, type DockerEngineOptions} from '../../../../controller/engines/docker/engine.js';
import {baseline, type Policy} from '../../../../controller/engines/docker/policy/policy.js';
import type {Engine, Workload} from '../../../../reconcilers/ports/engine.js';
import {testDockerUrl} from '../../../support/docker.js';
import {eventually} from '../../../support/eventually.js';
import {clock, silent, workload, type WorkloadSample} from '../samples.js';

/** An engine of a node that nobody else is, and the means to look at what it did. */
export interface Ground extends AsyncDisposable {
	readonly engine: Engine;
	readonly docker: Dockerode;
	readonly nodeId: string;
	readonly namespace: string;
	readonly signal: AbortSignal;
	/** A workload in this ground's namespace. */
	readonly workload: (sample?: WorkloadSample) => Workload;
	/** Prepares and starts it. */
	readonly run: (workload: Workload) => Promise<Awaited<ReturnType<Engine['start']>>>;
	/** Runs a command in it and resolves with the output and the exit code. */
	readonly shell: (workload: Workload, command: string) => Promise<{readonly code: number; readonly output: string}>;
}

/** Opens an engine; containers, volumes and networks of its namespace are gone when it is disposed of. */
export function openGround(options: Partial<Omit<DockerEngineOptions, 'policy'>> & {readonly policy?: Partial<Policy>} = {}): Ground {
	const {policy, ...rest} = options;
	const nodeId = randomBytes(6).toString('hex');
	const namespace = `t${nodeId}`;
	const url = options.url ?? testDockerUrl();
	const docker = new Dockerode({socketPath: new URL(url).pathname});
	const engine = createDockerEngine({url, nodeId, nodeName: 'here', clock, log: silent, policy: {...baseline, ...policy}, ...rest});
	const signal = new AbortController().signal;
	return {
		engine, docker, nodeId, namespace, signal,
		workload: sample => workload({namespace, ...sample}),
		run: async each => {
			await engine.prepare(each, {signal});
			return engine.start(each, {signal});
		},
		shell: async (each, command) => {
			const lines: string[] = [];
			const code = await engine.exec(each, {signal, command: ['sh', '-c', command], onOutput: line => lines.push(line.text)});
			return {code, output: lines.join('\n')};
		},
		[Symbol.asyncDispose]: async () => {
			await engine[Symbol.asyncDispose]();
			const mine = await docker.listContainers({all: true, filters: {label: [`motey.io/node=${nodeId}`]}});
			await Promise.all(mine.map(async ({Id: id}) => docker.getContainer(id).remove({force: true, v: true})));
			const {Volumes: volumes} = await docker.listVolumes({filters: {name: [namespace]}});
			await Promise.all(volumes.map(async ({Name: name}) => docker.getVolume(name).remove()));
			// Docker 20.10 drops the connection (a nil pointer in its listing of networks) when other networks change at that moment.
			await eventually(async () => {
				const networks = await docker.listNetworks({filters: {label: [`motey.io/namespace=${namespace}`]}});
				await Promise.all(networks.map(async ({Id: id}) => docker.getNetwork(id).remove()));
				return true;
			}, {what: 'the networks of a test to go'});
		},
	};
}
