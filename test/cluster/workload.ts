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

/** Waits until a host says that a Service has as many ready replicas. */
export async function whenReadyAt(host: Host, service: string, replicas = 1, withinMs = 60_000): Promise<void> {
	await eventually(async () => {
		const {body: {status, metadata}} = await host.ask('GET', `${servicesPath}/${service}`);
		if (status?.readyReplicas !== replicas || status.observedGeneration !== metadata.generation) throw new Error(JSON.stringify(status));
		return true;
	}, {withinMs, everyMs: 100, what: `${host.name} to say that ${replicas} of ${service} are ready`});
}
