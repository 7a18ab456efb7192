import {z} from 'zod';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {EngineError, type Engine, type EngineHealth, type Workload} from '../../../reconcilers/ports/engine.js';
import type {Refusal} from '../../../store/resources/refusal.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {ImageTemplate} from '../../../store/resources/image.js';
import {realPath} from '../real-path.js';
import {mergeBodies, type ContainerBody} from './container-body.js';
import {containerBody, networkName} from './container-config.js';
import {FileStore} from './files/file-store.js';
import {fileMounts} from './files/layout.js';
import {linksArchive} from './files/links.js';
import {fileRefusals} from './files/refusals.js';
import {Containers} from './containers.js';
import {DaemonFacts} from './daemon-facts.js';
import type {Deadlines} from './deadlines.js';
import {addressOf, EngineApi} from './engine-api.js';
import {statusOf} from './engine-failure.js';
import {engineEvents} from './event-stream.js';
import {execute} from './exec.js';
import {createImageStore} from './image-store.js';
import {Images} from './images.js';
import {neverBegan} from './never-began.js';
import {updateLimits} from './limits.js';
import {liveRestoreAdvice} from './live-restore.js';
import {readLogs} from './logs.js';
import {NamespaceNetworks} from './network.js';
import type {Policy} from './policy/policy.js';
import {reviewBody} from './policy/review-body.js';
import {startWorkload} from './start.js';
import {StatsSampler} from './stats.js';
import {hostPortsOf, volumesOf} from './template-facts.js';

/** What a docker engine is made of. */
export interface DockerEngineOptions {
	/** `unix:///path`, `tcp://host:port` or `http://host:port`. */
	readonly url: string;
	readonly nodeId: string;
	readonly nodeName: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly policy: Policy;
	/** A file like Docker's `config.json` with the logins of private registries. It need not exist. */
	readonly credentialsFile?: string;
	/** Where the files of Services are kept, on this host and under the same path for the engine. Without it none are taken. */
	readonly filesDirectory?: string;
	readonly deadlines?: Partial<Deadlines>;
}

const Version = z.object({Version: z.string()});

/** Stands for the slot and identity that a template does not have yet; nothing that policy judges depends on them. */
const anySlot = {name: 'review', instance: 'review', uid: 'review', slot: 0, binding: 1, fence: 1, specHash: 'review'} as const;

const noFiles = (nodeName: string): Refusal => ({kind: 'invalid', field: 'files', rule: 'FieldValueInvalid', message: `the engine of the node ${nodeName} is reached over the network, so it cannot mount files of this node`, fix: 'put them into the image, or name a node whose engine is on its own host'});

/** One that is not running needs no signal: it finds its files when it starts. */
async function hangUpOn({api, id, name, signal}: {readonly api: EngineApi; readonly id: string; readonly name: string; readonly signal: AbortSignal}): Promise<void> {
	try {
		await api.change({what: `send SIGHUP to ${name}`, deadlineMs: api.deadlines.startMs, signal}, {path: `/containers/${id}/kill`, query: {signal: 'SIGHUP'}});
	} catch (error) {
		if (!(error instanceof EngineError) || statusOf(error.cause) !== 409) throw error;
	}
}

/** Runs instances as containers of a Docker Engine (20.10 or later) or of Podman's compatible socket. Nothing is contacted before the first call. */
export function createDockerEngine({url, nodeId, nodeName, clock, log, policy, credentialsFile, filesDirectory, deadlines}: DockerEngineOptions): Engine {
	const {options, socketPath} = addressOf(url);
	const api = new EngineApi(options, deadlines);
	const facts = new DaemonFacts({api, clock});
	const containers = new Containers({api, facts, nodeId});
	const images = new Images(api, {credentialsFile});
	const networks = new NamespaceNetworks({api, nodeId});
	const stats = new StatsSampler(api, containers);
	const identity = {nodeId, nodeName};
	// An engine that is reached over the network has other directories than this host.
	const fileStore = filesDirectory === undefined || socketPath === undefined ? undefined : new FileStore(filesDirectory);

	const standing = (stands: boolean): void => {
		facts.remember(stands);
		images.trust(stands);
		networks.forgetAll();
		containers.forgetAll();
	};
	const events = engineEvents({api, nodeId, log, listener: {
		connected: () => standing(true),
		disconnected: () => standing(false),
		imageChanged: () => images.forget(),
		containerGone: id => containers.forget(id),
		networkGone: () => networks.forgetAll(),
	}});

	const judge = (workload: Workload): {readonly body: ContainerBody; readonly refusals: readonly Refusal[]} => {
		const {body, refusals} = containerBody(workload, identity);
		const {files = []} = workload.template;
		const own = fileStore === undefined ? files.slice(0, 1).map(() => noFiles(nodeName)) : fileRefusals(files, body);
		return {
			body: fileStore === undefined || files.length === 0 ? body : mergeBodies(body, {HostConfig: {Mounts: fileMounts(files, fileStore.directoryOf(workload))}}),
			refusals: [...refusals, ...own, ...reviewBody(body, {policy, nodeName, engineSocket: socketPath, realPath})],
		};
	};
	const bodyOf = (template: ImageTemplate, context: {readonly namespace: string; readonly service: string}): ContainerBody => containerBody({...anySlot, ...context, template}, identity).body;

	return {
		name: 'docker',
		images: createImageStore(api, {changed: () => images.forget(), credentialsFile}),
		health: async ({signal}): Promise<EngineHealth> => {
			try {
				const [version, info] = await Promise.all([
					api.read({what: 'say its version', signal}, {path: '/version'}),
					// Advice only: an engine that does not tell is no worse for it.
					api.read({what: 'ask for its configuration', signal}, {path: '/info'}).catch(() => undefined),
				]);
				return {healthy: true, version: Version.parse(version).Version, message: liveRestoreAdvice(version, info)};
			} catch (error) {
				return {healthy: false, version: '', message: error instanceof EngineError ? error.message : String(error)};
			}
		},
		review: (template, context) => judge({...anySlot, ...context, template}).refusals,
		prepare: async (workload, {signal, onProgress}) => {
			const {template, namespace} = workload;
			const {HostConfig: host} = bodyOf(template, workload);
			const [contentId] = await Promise.all([
				images.ensure({reference: template.image, policy: template.pullPolicy, signal, onProgress}),
				host?.NetworkMode === networkName(namespace) ? networks.ensure(namespace, signal) : undefined,
			]);
			return {contentId};
		},
		start: async (workload, {signal}) => {
			const {body: judged, refusals} = judge(workload);
			const [first] = refusals;
			if (first !== undefined) throw new EngineError(first.kind === 'invalid' ? 'Invalid' : 'Refused', `${first.field}: ${first.message}; ${first.fix}`, {transient: false});
			const body = {...judged, Image: await images.nameFor({reference: workload.template.image, contentId: workload.contentId, signal})};
			if (body.HostConfig?.NetworkMode === networkName(workload.namespace)) await networks.ensure(workload.namespace, signal);
			const run = async () => startWorkload({api, containers, networks}, workload, {body, links: await linksArchive(workload.template.files ?? []), signal});
			if (fileStore === undefined || workload.template.files === undefined) return run();
			return fileStore.using(workload, async () => {
				await fileStore.write(workload);
				return run();
			});
		},
		stop: async (reference, {graceSeconds, signal}) => {
			await containers.withId(reference, signal, async id => api.change(
				{what: `stop ${reference.name}`, deadlineMs: graceSeconds * 1000 + api.deadlines.stopMs, signal},
				{path: `/containers/${id}/stop`, query: {t: graceSeconds}},
			));
		},
		remove: async (reference, {signal}) => {
			await containers.remove(reference, signal);
			await fileStore?.remove(reference);
		},
		tidy: async ({wanted, signal}) => {
			await containers.removeAside(signal);
			await networks.tidy(wanted, signal);
			await fileStore?.tidy(async () => (await containers.list(signal)).map(({uid}) => uid));
		},
		update: async (reference, limits, {signal}) => updateLimits({api, containers}, reference, {limits, signal}),
		renewFiles: async (workload, {hangUp, signal}) => {
			await fileStore?.write(workload);
			if (hangUp) await containers.withId(workload, signal, async id => hangUpOn({api, id, name: workload.name, signal}));
		},
		inspect: async (reference, {signal}) => {
			const found = await containers.find(reference, signal);
			if (found === undefined) return undefined;
			const observed = await containers.observe(found, signal);
			return {...observed, ...await neverBegan({api, containers, clock}, observed, signal)};
		},
		list: async ({signal}) => containers.list(signal),
		logs: (reference, logOptions) => readLogs({api, containers, clock}, reference, logOptions),
		stats: async (reference, {signal}) => stats.sample(reference, signal),
		exec: async (reference, execOptions) => execute({api, containers}, reference, execOptions),
		events: () => events,
		hostPorts: template => hostPortsOf(bodyOf(template, {namespace: 'default', service: template.name})),
		volumes: (template, context) => volumesOf(bodyOf(template, context)),
		[Symbol.asyncDispose]: async () => Promise.resolve(),
	};
}
