import type {EngineApi} from './engine-api.js';
import {networkName} from './container-config.js';
import {statusOf} from './engine-failure.js';
import {labels} from './labels.js';
import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';

const Networks = z.array(z.object({Id: z.string(), Name: z.string(), Created: z.string()}));
type Found = z.infer<typeof Networks>[number];

/** The bridges of namespaces. What was once seen is remembered, so that a start costs no look. */
export class NamespaceNetworks {
	readonly #api: EngineApi;
	readonly #known = new Map<string, Promise<void>>();

	constructor(api: EngineApi) {
		this.#api = api;
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
				body: {Name: name, Driver: 'bridge', CheckDuplicate: true, Labels: {[labels.namespace]: namespace}},
			});
		} catch (error) {
			if (error instanceof EngineError && statusOf(error.cause) === 409) return;
			throw error;
		}
	}

	/** All networks of this very name, the oldest first, so that all agents on one engine keep the same one. */
	async #find(name: string, signal: AbortSignal): Promise<readonly Found[]> {
		const filters = {name: [`^${name}$`]};
		const found = Networks.parse(await this.#api.read({what: `look for the network ${name}`, signal}, {path: '/networks', query: {filters: JSON.stringify(filters)}}));
		return found.filter(network => network.Name === name).toSorted((one, other) => one.Created.localeCompare(other.Created) || one.Id.localeCompare(other.Id));
	}

	/** One that has containers stays: Docker refuses, and whoever made them loses nothing. */
	async #remove(name: string, id: string, signal: AbortSignal): Promise<void> {
		try {
			await this.#api.change({what: `remove a second network ${name}`, deadlineMs: this.#api.deadlines.createMs, signal}, {path: `/networks/${id}`, method: 'DELETE'});
		} catch (error) {
			if (!(error instanceof EngineError) || (error.code !== 'NotFound' && ![403, 404, 409].includes(statusOf(error.cause) ?? 0))) throw error;
		}
	}
}
