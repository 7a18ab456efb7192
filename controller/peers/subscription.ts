import type {PeerAddress} from '../../store/resources/member.js';
import {listenAt, type EarOptions} from './ear.js';
import {endpointOf} from './endpoint.js';

/** What a subscription needs and whom it tells. */
export interface SubscriptionOptions extends EarOptions {
	/** Asked at every `refresh`. */
	readonly addresses: () => readonly PeerAddress[];
}

/**
 * Listens to the heartbeats of one peer at all its addresses at once, so that a second agent under its id is heard too. Each address has a socket of
 * its own: one where this node is refused is tried again and again, and what is heard at the others must not suffer from it.
 */
export class Subscription implements AsyncDisposable {
	readonly #options: SubscriptionOptions;
	readonly #ears = new Map<string, Disposable>();
	#isClosed = false;

	constructor(options: SubscriptionOptions) {
		this.#options = options;
	}

	/** Looks the addresses up again, connects to those that are new and leaves those that are not told any more. Never rejects. */
	async refresh(): Promise<void> {
		const found = await Promise.all(this.#options.addresses().map(async ({host, publishPort}) => endpointOf(host, publishPort)));
		if (this.#isClosed) return;
		const endpoints = new Set(found.filter(endpoint => endpoint !== undefined));
		for (const endpoint of this.#ears.keys()) if (!endpoints.has(endpoint)) this.#leave(endpoint);
		for (const endpoint of endpoints) if (!this.#ears.has(endpoint)) this.#listen(endpoint);
	}

	/** Connects anew, because nothing comes over the present connections any more. */
	renew(): void {
		for (const endpoint of [...this.#ears.keys()]) this.#listen(endpoint);
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		for (const endpoint of this.#ears.keys()) this.#leave(endpoint);
		return Promise.resolve();
	}

	#listen(endpoint: string): void {
		this.#leave(endpoint);
		this.#ears.set(endpoint, listenAt(endpoint, this.#options));
	}

	#leave(endpoint: string): void {
		this.#ears.get(endpoint)?.[Symbol.dispose]();
		this.#ears.delete(endpoint);
	}
}
