import {eventually} from '../support/eventually.js';
import {serviceOf, servicesPath} from '../support/services.js';
import type {Answer} from './answer.js';
import type {Ground} from './ground.js';
import type {Host} from './host.js';

/** Containers of one Service by the name of the host they run on; hosts without are left out. */
export type Placing = Readonly<Record<string, number>>;

/** Seconds until a lost node's work is placed anew: the least there is, so that tests are short. */
export const failoverSeconds = 10;
/** Contract: whatever is too much is gone this long after a heal; the grace of these services' containers included. */
export const surplusGoneMs = 31_000;

/** Whatever is under way shows within this time. */
const calmMs = 2000;

/** Creates a Service whose containers idle. `spec` is merged into its spec. */
export async function createService(host: Host, name: string, {replicas = 1, image = {}, spec = {}}: {readonly replicas?: number; readonly image?: Record<string, unknown>; readonly spec?: Record<string, unknown>} = {}): Promise<Answer> {
	const base = serviceOf(name, {replicas, image});
	return host.api('POST', servicesPath, {...base, spec: {...base.spec, failover: {afterSeconds: failoverSeconds}, ...spec}});
}

/** Where containers of a Service run now, by the engines' word; an engine that is down is left out. */
export async function placingOf(ground: Ground, service: string): Promise<Placing> {
	const counted = await Promise.all(ground.hosts.map(async host => [host.name, host.engine.pid() === undefined ? 0 : (await host.containers(service)).length] as const));
	return Object.fromEntries(counted.filter(([, count]) => count > 0));
}

/** Waits until as many containers of a Service run in all, and tells where. */
export async function whenRunning(ground: Ground, service: string, wanted: number | Placing, withinMs = 60_000): Promise<Placing> {
	return eventually(async () => {
		const placing = await placingOf(ground, service);
		const isSo = typeof wanted === 'number' ? Object.values(placing).reduce((sum, each) => sum + each, 0) === wanted : JSON.stringify(placing) === JSON.stringify(wanted);
		if (!isSo) throw new Error(`${service} runs as ${JSON.stringify(placing)}`);
		return placing;
	}, {withinMs, everyMs: 100, what: `${JSON.stringify(wanted)} of ${service} to run`});
}

/** Which host runs a container of which slot, sorted; only of these Services. */
async function slotsOf({hosts}: Ground, services: readonly string[]): Promise<readonly string[]> {
	const all = await Promise.all(hosts.map(async host => (await host.containers()).map(({Labels}) => ({service: Labels['motey.io/service']!, slot: `${Labels['motey.io/service']!}/${Labels['motey.io/image']!}/${Labels['motey.io/slot']!}`}))));
	return all.flat().filter(({service}) => services.includes(service)).map(({slot}) => slot).sort();
}

/**
 * Waits until all is as it should be and stays so for a while: each slot has one container, every node hears every other and says that all
 * replicas are ready. Resolves with the time since when it is so.
 */
export async function whenCalm(ground: Ground, replicas: Readonly<Record<string, number>>, {withinMs = 120_000}: {readonly withinMs?: number} = {}): Promise<number> {
	const wanted = Object.entries(replicas).flatMap(([name, count]) => Array.from({length: count}, (_, slot) => `${name}/main/${slot}`)).sort();
	let since: number | undefined;
	return eventually(async () => {
		const begun = Date.now();
		try {
			const slots = await slotsOf(ground, Object.keys(replicas));
			if (slots.join() !== wanted.join()) throw new Error(`there run ${slots.join(', ')}`);
			await ground.whenWhole({withinMs: 0});
			for (const host of ground.hosts) for (const [name, count] of Object.entries(replicas)) await whenReadyAt(host, name, count, 0);
		} catch (error) {
			since = undefined;
			throw error;
		}
		since ??= begun;
		return Date.now() - since >= calmMs ? since : undefined;
	}, {withinMs, everyMs: 200, what: 'all to be calm'});
}

/** Waits until a host says that a Service has as many ready replicas. */
export async function whenReadyAt(host: Host, service: string, replicas = 1, withinMs = 60_000): Promise<void> {
	await eventually(async () => {
		const {body: {status, metadata}} = await host.ask('GET', `${servicesPath}/${service}`);
		if (status?.readyReplicas !== replicas || status.observedGeneration !== metadata.generation) throw new Error(JSON.stringify(status));
		return true;
	}, {withinMs, everyMs: 100, what: `${host.name} to say that ${replicas} of ${service} are ready`});
}
