import type {EngineApi} from './engine-api.js';
import {networkName} from './container-config.js';
import {statusOf} from './engine-failure.js';
import {labels} from './labels.js';
import {EngineError} from '../../../reconcilers/ports/engine.js';

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
		if (await this.#exists(name, signal)) return;
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

	async #exists(name: string, signal: AbortSignal): Promise<boolean> {
		try {
			await this.#api.read({what: `look for the network ${name}`, signal}, {path: `/networks/${name}`});
			return true;
		} catch (error) {
			if (error instanceof EngineError && error.code === 'NotFound') return false;
			throw error;
		}
	}
}
