import type {EngineApi} from './engine-api.js';
import {networkName} from './container-config.js';
import {statusOf} from './engine-failure.js';
import {labels} from './labels.js';
import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';

const Networks = z.array(z.object({Id: z.string(), Name: z.string(), Created: z.string(), Labels: z.record(z.string(), z.string()).nullish()}));
type Found = z.infer<typeof Networks>[number];

/** The bridges of namespaces. What was once seen is remembered, so that a start costs no look. */
export class NamespaceNetworks {
	readonly #api: EngineApi;
	readonly #nodeId: string;
	readonly #known = new Map<string, Promise<void>>();

	constructor({api, nodeId}: {readonly api: EngineApi; readonly nodeId: string}) {
		this.#api = api;
		this.#nodeId = nodeId;
	}

	/** Makes sure that the bridge of `namespace` exists; concurrent calls share one attempt. */
	async ensure(namespace: string, signal: AbortSignal): Promise<void> {
		const known = this.#known.get(namespace);
		if (known !== undefined) return known;
		const attempt = this.#create(namespace, signal);
		this.#known.set(namespace, attempt);
		try {
			await attempt;
		} catch (error) {
			this.#known.delete(namespace);
			throw error;
		}
	}

	/** Removes the bridges that this node made for namespaces that are not `wanted`, unless any container, also one that has ended, would miss them. */
	async tidy(wanted: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
		for (const {Id: id, Name: name, Labels: given} of await this.#list({label: [`${labels.node}=${this.#nodeId}`]}, signal)) {
			const namespace = given?.[labels.namespace];
			if (namespace === undefined || name !== networkName(namespace) || wanted.has(namespace) || await this.#isUsed({id, name}, signal)) continue;
			this.forget(namespace);
			await this.#remove(name, id, signal);
		}
	}

	/** Somebody may have removed it. */
	forget(namespace: string): void {
		this.#known.delete(namespace);
	}

	/** The engine was away; nothing is known any more. */
	forgetAll(): void {
		this.#known.clear();
	}

	async #create(namespace: string, signal: AbortSignal): Promise<void> {
		const name = networkName(namespace);
		const [first, ...others] = await this.#find(name, signal);
		if (first === undefined) {
			await this.#make(name, namespace, signal);
			await this.#create(namespace, signal);
			return;
		}
		// Docker lets two clients that ask at once make two networks of one name, and then refuses to use either by it.
		for (const {Id: id} of others) await this.#remove(name, id, signal);
	}

	async #make(name: string, namespace: string, signal: AbortSignal): Promise<void> {
		try {
			await this.#api.change({what: `create the network ${name}`, deadlineMs: this.#api.deadlines.createMs, signal}, {
				path: '/networks/create',
				body: {Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: {[labels.namespace]: namespace, [labels.node]: this.#nodeId}},
			});
		} catch (error) {
			if (error instanceof EngineError && statusOf(error.cause) === 409) return;
			throw error;
		}
	}

	/** All networks of this very name, the oldest first, so that all agents on one engine keep the same one. */
	async #find(name: string, signal: AbortSignal): Promise<readonly Found[]> {
		const found = await this.#list({name: [`^${name}$`]}, signal);
		return found.filter(network => network.Name === name).toSorted((one, other) => one.Created.localeCompare(other.Created) || one.Id.localeCompare(other.Id));
	}

	async #list(filters: Readonly<Record<string, readonly string[]>>, signal: AbortSignal): Promise<readonly Found[]> {
		return Networks.parse(await this.#api.read({what: 'list networks', signal}, {path: '/networks', query: {filters: JSON.stringify(filters)}}));
	}

	/** Docker itself counts only containers that run, and those that never ran know a network by its name alone. */
	async #isUsed({id, name}: {readonly id: string; readonly name: string}, signal: AbortSignal): Promise<boolean> {
		const attached = await this.#api.read({what: 'list the containers of a network', deadlineMs: this.#api.deadlines.listMs, signal}, {path: '/containers/json', query: {all: true, filters: JSON.stringify({network: [id, name]})}});
		return z.array(z.unknown()).parse(attached).length > 0;
	}

	/** One that has containers stays: Docker refuses, and whoever made them loses nothing. */
	async #remove(name: string, id: string, signal: AbortSignal): Promise<void> {
		try {
			await this.#api.change({what: `remove the network ${name}`, deadlineMs: this.#api.deadlines.createMs, signal}, {path: `/networks/${id}`, method: 'DELETE'});
		} catch (error) {
			if (!(error instanceof EngineError) || (error.code !== 'NotFound' && ![403, 404, 409].includes(statusOf(error.cause) ?? 0))) throw error;
		}
	}
}
