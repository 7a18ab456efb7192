import {randomBytes} from 'node:crypto';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import Dockerode from 'dockerode';
import {createDockerEngine} from '../../../controller/engines/docker/engine.js';
import {baseline} from '../../../controller/engines/docker/policy/policy.js';
import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {testDockerUrl} from '../../support/docker.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {clock, runAgent, silent} from './agent.js';
import type {Agent} from './agent.js';
import {apply, getInstance, getService, isReady, remove} from './objects.js';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';

/** A node of its own on a real engine: its containers go with the test. */
export interface DockerNode extends AsyncDisposable {
	readonly store: Store;
	readonly docker: Dockerode;
	/** Where its containers' files are. */
	readonly filesDirectory: string;
	/** A namespace, and so a network, of its own. */
	readonly namespace: string;
	readonly apply: (name: string, spec: ServiceSpec) => Promise<Service>;
	readonly remove: (kind: 'Service' | 'Instance', name: string) => Promise<unknown>;
	readonly service: (name: string) => Service | undefined;
	readonly instance: (name: string) => Instance | undefined;
	readonly isReady: (name: string) => boolean;
	readonly start: (options?: {resyncMs?: number}) => Agent;
	/** The container's name of an Instance's first binding. */
	readonly named: (instance: string) => string;
	readonly container: (instance: string) => Dockerode.Container;
	/** All of this node's, by name, with their state. */
	readonly containers: () => Promise<readonly {readonly id: string; readonly name: string; readonly state: string}[]>;
}

export async function setUpDocker(t: ExecutionContext, {url = testDockerUrl(), credentialsFile}: {url?: string; credentialsFile?: string} = {}): Promise<DockerNode> {
	const identity = {id: randomBytes(8).toString('hex'), name: 'here'};
	const namespace = `test-${identity.id.slice(0, 6)}`;
	const docker = new Dockerode({socketPath: url.slice('unix://'.length)});
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: join(directory.path, 'store'), now: () => new Date(), ballastBytes: 4096});
	const filesDirectory = join(directory.path, 'instance-files');
	const listed = (): Promise<Dockerode.ContainerInfo[]> => docker.listContainers({all: true, filters: {label: [`motey.io/node=${identity.id}`]}});
	const agents: Agent[] = [];
	let isOver = false;
	// A network must go before its engine does: what is left of it in the kernel takes the addresses of the next.
	const end = async (): Promise<void> => {
		if (isOver) return;
		isOver = true;
		for (const agent of agents) agent[Symbol.dispose]();
		if (!t.passed) t.log(store.events.list().items.map(event => `${event.lastTimestamp} ${event.reason} ${event.message} ×${event.count}`).join('\n'));
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
		await Promise.all((await listed()).map(one => docker.getContainer(one.Id).remove({force: true, v: true}).catch(() => undefined)));
		await docker.getNetwork(`motey_${namespace}`).remove().catch(() => undefined);
	};
	t.teardown(end);
	const named = (instance: string): string => `motey_${namespace}_${instance}_${identity.id.slice(0, 6)}`;
	return {
		[Symbol.asyncDispose]: end,
		store, docker, filesDirectory, namespace, named,
		apply: (name, spec) => apply(store, name, spec, {namespace}),
		remove: (kind, name) => remove(store, kind, name, namespace),
		service: name => getService(store, name, namespace),
		instance: name => getInstance(store, name, namespace),
		isReady: name => isReady(store, name, namespace),
		start: options => {
			const engine = createDockerEngine({url, nodeId: identity.id, nodeName: identity.name, clock, log: silent, policy: baseline, filesDirectory, ...(credentialsFile === undefined ? {} : {credentialsFile})});
			const agent = runAgent(store, engine, {...options, identity});
			agents.push(agent);
			return agent;
		},
		container: instance => docker.getContainer(named(instance)),
		containers: async () => (await listed()).map(one => ({id: one.Id, name: (one.Names[0] ?? '').slice(1), state: one.State})),
	};
}
