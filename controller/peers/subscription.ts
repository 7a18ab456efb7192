import type {Context, Subscriber} from 'zeromq';
import type {PeerAddress} from '../../store/resources/member.js';
import type {CurveKeys} from './curve.js';
import {endpointOf} from './endpoint.js';
import {Heartbeat, heartbeatTopic} from './heartbeats.js';
import {createSubscriber, readEach} from './socket.js';
import {readJson} from './wire.js';

/** After a refusal the library gives an address up; a member that is not yet known there will be. */
const retryMs = 1000;

/** What a subscription needs and whom it tells. */
export interface SubscriptionOptions {
	readonly context: Context;
	readonly keys: CurveKeys;
	/** Z85; nobody else is listened to. */
	readonly curveKey: string;
	/** Asked at every `refresh`. */
	readonly addresses: () => readonly PeerAddress[];
	readonly onHeartbeat: (heartbeat: Heartbeat) => void;
	/** Whatever else it publishes under one of `topics`. */
	readonly topics: readonly string[];
	readonly onPublication: (frames: readonly Buffer[]) => void;
}

/** Listens to the heartbeats of one peer at all its addresses at once, so that a second agent under its id is heard too. */
export class Subscription implements AsyncDisposable {
	readonly #options: SubscriptionOptions;
	#endpoints = '';
	#socket: Subscriber | undefined;
	#retry: NodeJS.Timeout | undefined;
	#isClosed = false;

	constructor(options: SubscriptionOptions) {
		this.#options = options;
	}

	/** Looks the addresses up again, and connects anew when they have changed. Never rejects. */
	async refresh(): Promise<void> {
		const found = await Promise.all(this.#options.addresses().map(async ({host, publishPort}) => endpointOf(host, publishPort)));
		const endpoints = [...new Set(found.filter(endpoint => endpoint !== undefined))].sort();
		if (this.#isClosed || endpoints.join(' ') === this.#endpoints) return;
		this.#endpoints = endpoints.join(' ');
		this.#connect(endpoints);
	}

	/** Connects anew, because nothing comes over the present connections any more. */
	renew(): void {
		if (!this.#isClosed && this.#socket !== undefined) this.#connect(this.#endpoints.split(' ').filter(endpoint => endpoint !== ''));
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#retry);
		this.#socket?.close();
		return Promise.resolve();
	}

	#connect(endpoints: readonly string[]): void {
		this.#socket?.close();
		clearTimeout(this.#retry);
		const {context, keys, curveKey, topics, onHeartbeat, onPublication} = this.#options;
		const socket = createSubscriber({context, keys, serverKey: curveKey, topics: [heartbeatTopic, ...topics]});
		this.#socket = socket;
		const again = (): void => {
			if (socket.closed) return;
			clearTimeout(this.#retry);
			this.#retry = setTimeout(() => this.#connect(endpoints), retryMs);
		};
		socket.events.on('handshake:error:auth', again);
		socket.events.on('handshake:error:protocol', again);
		for (const endpoint of endpoints) socket.connect(endpoint);
		readEach(socket, frames => {
			const [frame] = frames;
			if (frame?.subarray(0, heartbeatTopic.length).toString() !== heartbeatTopic) {
				if (!socket.closed) onPublication(frames);
				return;
			}
			const heartbeat = Heartbeat.safeParse(readJson(frame.subarray(heartbeatTopic.length))).data;
			if (heartbeat !== undefined && !socket.closed) onHeartbeat(heartbeat);
		}).catch(again);
	}
}
