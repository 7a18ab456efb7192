import {setTimeout as delay} from 'node:timers/promises';
import type {IClientOptions, MqttClient} from 'mqtt';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import {dial, type BrokerAddress} from './broker-address.js';
import {limitStream} from './limited-stream.js';

const firstPauseMs = 1000;
/** The longest wait between two attempts. */
export const longestPauseMs = 30_000;
const connectMs = 10_000;
/** How long saying farewell may take. */
const farewellMs = 500;

/** Something to publish at QoS 1. */
export interface MqttMessage {
	readonly topic: string;
	readonly payload: string;
	readonly retain: boolean;
}

/** What is said and heard over one connection, however often it is made anew. */
export interface MqttConnectionOptions {
	/** Asked anew at every attempt, and tried in turn. */
	readonly brokers: () => Promise<readonly BrokerAddress[]>;
	readonly clientId: string;
	readonly keepaliveSeconds: number;
	/** `longestPauseMs` but in tests. */
	readonly longestPauseMs: number;
	/** Published by the broker when this node is lost, and by the node itself when it stops. */
	readonly will?: MqttMessage;
	readonly topics: readonly string[];
	/** Asked at every connect. */
	readonly greeting: () => readonly MqttMessage[];
	readonly onMessage: (message: {readonly topic: string; readonly payload: Buffer}) => void;
	/** Told of each packet that was passed over for its size. */
	readonly onTooLarge: () => void;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
}

/** A connection to a broker, made again for ever: after 1 s, doubling to 30 s. Disposing of it says farewell first, and takes at most 1 s. */
export interface MqttConnection extends AsyncDisposable {
	/** Does nothing while there is no connection: whatever must be known stands in the greeting. */
	publish(message: MqttMessage): void;
}

/** Connects and stays connected. Loads the MQTT library only now, since a node without it is smaller. */
export function openMqttConnection(options: MqttConnectionOptions): MqttConnection {
	const closing = new AbortController();
	let current: MqttClient | undefined;
	const running = run({...options, signal: closing.signal, onClient: client => (current = client)});
	return {
		publish(message) {
			if (current?.connected === true) publishOn(current, message);
		},
		async [Symbol.asyncDispose]() {
			const {will} = options;
			if (current?.connected === true && will !== undefined) {
				await Promise.race([current.publishAsync(will.topic, will.payload, {qos: 1, retain: will.retain}), delay(farewellMs)]).catch(() => undefined);
			}
			closing.abort();
			await running;
		},
	};
}

interface Running extends MqttConnectionOptions {
	readonly signal: AbortSignal;
	readonly onClient: (client: MqttClient | undefined) => void;
}

async function run(running: Running): Promise<void> {
	const {brokers, longestPauseMs: longestMs, clock, log, signal} = running;
	let pauseMs = firstPauseMs;
	let isTold = false;
	for (let attempt = 0; !signal.aborted; attempt++) {
		const beganMs = clock.monotonicMs();
		try {
			const known = await brokers();
			const broker = known[attempt % Math.max(1, known.length)];
			if (broker !== undefined) await live(broker, running);
			isTold = false;
		} catch (error) {
			if (isTold) log.debug('no connection to the MQTT broker', {error});
			else log.warn('no connection to the MQTT broker; tried again until there is one', {error});
			isTold = true;
		}
		// One that is thrown out again at once must not hammer.
		pauseMs = clock.monotonicMs() - beganMs >= longestMs + connectMs ? firstPauseMs : pauseMs;
		await delay(pauseMs * (0.75 + Math.random() / 2), undefined, {signal, ref: false}).catch(() => undefined);
		pauseMs = Math.min(longestMs, pauseMs * 2);
	}
}

/** One connection from begin to end. Throws when it was never made. */
async function live(broker: BrokerAddress, {clientId, keepaliveSeconds, will, topics, greeting, onMessage, onTooLarge, onClient, clock, log, signal}: Running): Promise<void> {
	const {MqttClient: Client, Store} = await import('mqtt');
	// Only QoS 0 is asked for. What a broker begins to hand over at QoS 2 all the same, and never ends, would be kept in memory.
	const incomingStore = new Store();
	incomingStore.put = (_packet, done) => {
		done();
		return incomingStore;
	};
	const options: IClientOptions = {
		clientId, clean: true, protocolVersion: 4, keepalive: keepaliveSeconds, connectTimeout: connectMs, reconnectPeriod: 0, queueQoSZero: false,
		...(will === undefined ? {} : {will: {topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain}}),
		incomingStore,
		...(broker.username === undefined ? {} : {username: broker.username}), ...(broker.password === undefined ? {} : {password: broker.password}),
	};
	const socket = dial(broker);
	const client = new Client(() => limitStream(socket, {clock, tooLarge: 'skip', onTooLarge}), options);
	const end = (): void => {
		client.end();
		// The broker takes its time to let go of this node; the node does not.
		setTimeout(() => socket.destroy(), farewellMs).unref();
	};
	signal.addEventListener('abort', end, {once: true});
	const seen: {wasConnected: boolean; reason: unknown} = {wasConnected: false, reason: new Error('the connection was closed')};
	try {
		await new Promise<void>(resolve => {
			client.on('close', resolve);
			client.on('error', error => (seen.reason = error));
			client.on('message', (topic, payload) => onMessage({topic, payload}));
			client.on('connect', () => {
				seen.wasConnected = true;
				onClient(client);
				log.info('connected to the MQTT broker', {url: broker.url});
				// What is unacknowledged would block what follows; what is lost with a connection is retained, and comes with the next.
				client.subscribe([...topics], {qos: 0}, error => {
					if (error && client.connected && !signal.aborted) log.warn('the MQTT broker lets this node hear nobody', {error});
				});
				for (const message of greeting()) publishOn(client, message);
			});
			if (signal.aborted) resolve();
		});
	} finally {
		onClient(undefined);
		signal.removeEventListener('abort', end);
		client.end(true);
	}
	if (signal.aborted) return;
	if (!seen.wasConnected) throw seen.reason;
	log.warn('the connection to the MQTT broker ended', {url: broker.url, error: seen.reason});
}

function publishOn(client: MqttClient, {topic, payload, retain}: MqttMessage): void {
	// That it fails is seen as the end of the connection.
	client.publish(topic, payload, {qos: 1, retain}, () => undefined);
}
