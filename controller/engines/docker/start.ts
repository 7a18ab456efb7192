import {setTimeout} from 'node:timers/promises';
import {z} from 'zod';
import {EngineError, type Observation, type Workload} from '../../../reconcilers/ports/engine.js';
import type {ContainerBody} from './container-body.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';
import {sentenceOf, statusOf} from './engine-failure.js';
import {networkOfEndpoint, says} from './docker-sentences.js';
import {putLinks} from './files/links.js';
import {labels} from './labels.js';
import type {NamespaceNetworks} from './network.js';
import type {Inspection} from './observation.js';

/** What a start works with. */
export interface StartDependencies {
	readonly api: EngineApi;
	readonly containers: Containers;
	readonly networks: NamespaceNetworks;
}

const Created = z.object({Id: z.string()});

/** Creates the container of `workload` and starts it; one that is already there and was made for the same is started as it is. */
export async function startWorkload(dependencies: StartDependencies, workload: Workload, making: Making): Promise<Observation> {
	const {containers} = dependencies;
	const {signal} = making;
	const id = await restart(dependencies, workload, making) ?? await createAndStart(dependencies, workload, making);
	const inspection = await containers.look(id, signal);
	if (inspection === undefined) throw new EngineError('NotFound', `The container ${workload.name} was removed while it started`, {transient: true});
	containers.learn(inspection);
	return containers.observe(inspection, signal);
}

interface Making {
	readonly body: ContainerBody;
	/** Links to the files, which a container must have before its first start. */
	readonly links: Buffer | undefined;
	readonly signal: AbortSignal;
}

/** Starts a container that is known to be in the slot, with one call. Undefined when there is none any more. */
async function restart(dependencies: StartDependencies, {name, uid, specHash}: Workload, making: Making): Promise<string | undefined> {
	const {api, containers} = dependencies;
	const {signal} = making;
	const known = containers.known(uid);
	if (known?.specHash !== specHash) return undefined;
	try {
		await link(dependencies, known.id, {name, ...making});
		await startContainer(api, known.id, {name, signal});
		return known.id;
	} catch (error) {
		if (error instanceof EngineError && isNetworkGone(error)) return undefined;
		if (!(error instanceof EngineError) || error.code !== 'NotFound') throw error;
		containers.forget(known.id);
		return undefined;
	}
}

async function createAndStart(dependencies: StartDependencies, workload: Workload, making: Making): Promise<string> {
	const {api, containers, networks} = dependencies;
	const {signal} = making;
	const {name} = workload;
	const first = await create(dependencies, workload, making);
	await link(dependencies, first, {name, ...making});
	try {
		await startContainer(api, first, {name, signal});
		return first;
	} catch (error) {
		if (!isNetworkGone(error)) throw error;
	}
	// Somebody removed the namespace's network. A container remembers a network by its id, so this one can never join the new one.
	networks.forget(workload.namespace);
	await networks.ensure(workload.namespace, signal);
	await containers.remove(workload, signal);
	const second = await create(dependencies, workload, making);
	await link(dependencies, second, {name, ...making});
	await startContainer(api, second, {name, signal});
	return second;
}

/** Puts its links into a container that was never started: one that was has them, or has done away with them itself. */
async function link({api, containers}: StartDependencies, id: string, {name, links, signal}: Making & {readonly name: string}): Promise<void> {
	if (links === undefined || (await containers.look(id, signal))?.State.Status !== 'created') return;
	await putLinks(api, id, {name, archive: links, signal});
}

const isNetworkGone = (error: unknown): boolean => error instanceof EngineError && statusOf(error.cause) === 404 && says(sentenceOf(error.cause), 'noSuchNetwork');

/** The id of the container to start. */
async function create({api, containers}: StartDependencies, workload: Workload, {body, signal}: Making): Promise<string> {
	const {name} = workload;
	try {
		const created = await api.change({what: `create the container ${name}`, deadlineMs: api.deadlines.createMs, signal}, {path: '/containers/create', query: {name}, body});
		return Created.parse(created).Id;
	} catch (error) {
		if (error instanceof EngineError) refuseDamaged(error, name);
		if (!(error instanceof EngineError) || statusOf(error.cause) !== 409) throw error;
		const inSlot = await whatTook(name, containers, signal);
		if (inSlot === undefined) throw new EngineError('NameConflict', `The name ${name} was taken for a moment`, {transient: true, cause: error});
		return adopt(containers, workload, inSlot);
	}
}

function refuseDamaged({cause}: EngineError, name: string): void {
	const sentence = sentenceOf(cause);
	if (says(sentence, 'imageDamaged')) throw new EngineError('ImageDamaged', `${name} does not start: ${sentence}`, {transient: true, cause});
}

const looks = 20;
const betweenLooksMs = 50;

/** Docker takes the name some moments before it shows the container, for instance while a create goes on whose answer was lost. */
async function whatTook(name: string, containers: Containers, signal: AbortSignal): Promise<Inspection | undefined> {
	for (let count = 1; count < looks; count += 1) {
		const found = await containers.look(name, signal);
		if (found !== undefined) return found;
		await setTimeout(betweenLooksMs);
	}
	return containers.look(name, signal);
}

/** The id of the container that has the name, if it was made for the same workload. */
function adopt(containers: Containers, workload: Workload, inSlot: Inspection): string {
	const {name} = workload;
	if (!containers.isOurs(inSlot)) throw new EngineError('NameConflict', `The name ${name} is taken by a container that is not this node's; remove or rename it: docker rm ${name}`, {transient: false});
	const given = inSlot.Config.Labels;
	if (given[labels.uid] !== workload.uid) throw new EngineError('NameConflict', `The slot ${name} still has the container of an earlier Instance (${given[labels.instance] ?? 'unknown'}), which goes first`, {transient: true});
	if (given[labels.specHash] !== workload.specHash) throw new EngineError('NameConflict', `The slot ${name} still has a container of an earlier spec, which goes first`, {transient: true});
	if (inSlot.State.Status === 'dead' || inSlot.State.Status === 'removing') throw new EngineError('NameConflict', `The container ${name} is being removed`, {transient: true});
	return inSlot.Id;
}

async function startContainer(api: EngineApi, id: string, {name, signal, isRetry = false}: {readonly name: string; readonly signal: AbortSignal; readonly isRetry?: boolean}): Promise<void> {
	const doing = {deadlineMs: api.deadlines.startMs, signal};
	try {
		await api.change({...doing, what: `start ${name}`}, {path: `/containers/${id}/start`});
	} catch (error) {
		if (!(error instanceof EngineError) || statusOf(error.cause) === undefined) throw error;
		const status = statusOf(error.cause);
		if (status === 409 || says(sentenceOf(error.cause), 'paused')) return resume(api, id, {...doing, name});
		const network = networkOfEndpoint(sentenceOf(error.cause));
		if (network !== undefined && !isRetry) {
			// A start that was cut off, as by the daemon's own end, leaves an endpoint behind that bars every later one.
			await api.change({...doing, what: `free the endpoint of ${name}`}, {path: `/networks/${network}/disconnect`, body: {Container: name, Force: true}});
			return startContainer(api, id, {name, signal, isRetry: true});
		}
		const isGone = status === 404 && says(sentenceOf(error.cause), 'noSuchContainer');
		if (error.code === 'PortTaken' || isGone || isNetworkGone(error)) throw error;
		refuseDamaged(error, name);
		throw new EngineError('StartFailed', `${name} does not start: ${sentenceOf(error.cause)}`, {transient: status === 500, cause: error.cause});
	}
}

async function resume(api: EngineApi, id: string, {name, ...doing}: {readonly name: string; readonly deadlineMs: number; readonly signal: AbortSignal}): Promise<void> {
	await api.change({...doing, what: `resume ${name}`}, {path: `/containers/${id}/unpause`});
}
