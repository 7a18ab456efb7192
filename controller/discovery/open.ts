import {groupBy, mergeMap, Subject, throttleTime, type Observable} from 'rxjs';
import {setTimeout as delay} from 'node:timers/promises';
import {readFile} from 'node:fs/promises';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Store} from '../../store/store.js';
import {bindable} from '../addresses.js';
import type {ClusterFile} from '../cluster/cluster-files.js';
import type {Membership} from '../cluster/membership.js';
import type {Config} from '../config/schema.js';
import {createTurn} from '../in-turn.js';
import {follow} from '../process.js';
import type {TlsMaterial} from '../tls/load.js';
import type {BrokerAddress} from './broker-address.js';
import {brokerPassword} from './broker-credentials.js';
import {createDropped} from './dropped.js';
import type {EmbeddedBroker} from './embedded-broker.js';
import {everyHello, helloTopic, writeHello, writeOffline} from './hello.js';
import {longestPauseMs, openMqttConnection, type MqttConnection} from './mqtt-connection.js';
import {judge, suggest, type Suggestion} from './suggestions.js';

/** A member that says something new all the time is listened to this often. */
const listenEveryMs = 5000;
const brokerRetryMs = 30_000;

/** What discovery needs of the node. */
export interface DiscoveryParts {
	readonly config: Pick<Config, 'discovery' | 'mqtt'>;
	readonly store: Store;
	readonly membership: Pick<Membership, 'changes'>;
	readonly self: {readonly id: string; readonly name: string};
	/** Identity key, PEM. */
	readonly privateKey: string;
	readonly session: string;
	readonly version: string;
	/** Ports that peers reach, while in a cluster. */
	readonly listening: () => {readonly port: number; readonly publishPort: number} | undefined;
	readonly tls: () => TlsMaterial;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
	/** Told of every message that was dropped or refused. */
	readonly onDropped: () => void;
	/** Longest wait between two attempts to reach a broker; 30 s by default. */
	readonly longestPauseMs?: number;
}

/**
 * While the node is in a cluster: says over MQTT where it is reached, and hears where other members are. What it hears only suggests an address; without
 * a broker nothing else is missing. Nothing of it is loaded outside a cluster, or with `discovery: none`.
 */
export function openDiscovery(parts: DiscoveryParts): AsyncDisposable {
	const {config, store, membership, log} = parts;
	if (config.discovery === 'none') return {[Symbol.asyncDispose]: async () => Promise.resolve()};
	const suggestions = new Subject<Suggestion>();
	let running: AsyncDisposable | undefined;
	const inTurn = createTurn();
	const restart = async (file: ClusterFile | undefined): Promise<void> => inTurn(async () => {
		const before = running;
		running = undefined;
		await before?.[Symbol.asyncDispose]();
		running = file === undefined ? undefined : start(parts, file, suggestion => suggestions.next(suggestion));
	});
	const onError = (error: unknown): void => log.error('discovery could not follow', {error});
	const followed = [
		follow(membership.changes, restart, onError),
		follow(paced(suggestions), async suggestion => suggest(store, suggestion), onError),
	];
	return {
		async [Symbol.asyncDispose]() {
			for (const each of followed) each.unsubscribe();
			await restart(undefined);
		},
	};
}

/** Each member's newest word, at most every 5 s. There are no more groups than members. */
function paced(suggestions: Observable<Suggestion>): Observable<Suggestion> {
	return suggestions.pipe(groupBy(({id}) => id), mergeMap(ofOne => ofOne.pipe(throttleTime(listenEveryMs, undefined, {leading: true, trailing: true}))));
}

function start(parts: DiscoveryParts, file: ClusterFile, onSuggestion: (suggestion: Suggestion) => void): AsyncDisposable {
	const {config, store, self, privateKey, session, version, listening, clock, log, onDropped} = parts;
	const dropped = createDropped({log, clock, onDropped});
	const member = (id: string) => store.get('Member', {namespace: '', name: id})?.spec;
	const isOwnBroker = config.mqtt.url === undefined && file.broker?.id === self.id;
	const broker = isOwnBroker ? holdBroker(parts, {file, port: file.broker.port, onRefused: dropped, isMember: id => member(id)?.forgotten === false}) : undefined;
	const connection: MqttConnection = openMqttConnection({
		brokers: async () => brokersOf(parts, file, broker?.port()),
		clientId: self.id,
		keepaliveSeconds: config.mqtt.keepalive,
		longestPauseMs: parts.longestPauseMs ?? longestPauseMs,
		will: {topic: helloTopic(self.id), payload: writeOffline({id: self.id, session}), retain: true},
		topics: [everyHello],
		greeting() {
			const ports = listening();
			if (ports === undefined) return [];
			const said = {id: self.id, name: self.name, addresses: [file.advertise], port: ports.port, pubPort: ports.publishPort, version, session};
			return [{topic: helloTopic(self.id), payload: writeHello(said, privateKey), retain: true}];
		},
		onMessage(message) {
			const judged = judge(message, {selfId: self.id, member});
			if (judged.kind === 'dropped') dropped(judged.reason, message.topic);
			if (judged.kind === 'suggestion') onSuggestion(judged.suggestion);
		},
		onTooLarge: () => dropped('is larger than 64 KiB', ''),
		clock, log,
	});
	return {
		async [Symbol.asyncDispose]() {
			await connection[Symbol.asyncDispose]();
			await broker?.[Symbol.asyncDispose]();
		},
	};
}

/** The configured broker, else that of the node which began the cluster, wherever that one may be reached. */
async function brokersOf({config, store, self, tls}: DiscoveryParts, file: ClusterFile, ownPort: number | undefined): Promise<readonly BrokerAddress[]> {
	const {url, username, password, ca} = config.mqtt;
	if (url !== undefined) {
		const authority = ca === undefined ? undefined : await readFile(ca, 'utf8');
		// Rules of a broker can name who may write where, if each node is known there by its id.
		const user = username ?? (password === undefined ? undefined : self.id);
		return [{url, ...(user === undefined ? {} : {username: user}), ...(password === undefined ? {} : {password}), ...(authority === undefined ? {} : {authority})}];
	}
	if (file.broker === undefined) return [];
	const {id, port} = file.broker;
	const isOwn = id === self.id;
	if (isOwn && ownPort === undefined) return [];
	const hosts = isOwn ? [file.advertise] : (store.get('Member', {namespace: '', name: id})?.status?.addresses ?? []).map(({host}) => host);
	return [...new Set(hosts)].map(host => ({
		url: `mqtts://${host.includes(':') ? `[${host}]` : host}:${ownPort ?? port}`,
		username: self.id, password: brokerPassword(self.id, file.clusterKey), authority: tls().authority,
	}));
}

/** The cluster's broker, tried again until it can listen: nothing else waits for it. */
function holdBroker({tls, clock, log}: DiscoveryParts, {file, port, isMember, onRefused}: {
	readonly file: ClusterFile; readonly port: number; readonly isMember: (id: string) => boolean; readonly onRefused: (reason: string, topic: string) => void;
}): AsyncDisposable & {port(): number | undefined} {
	const closing = new AbortController();
	let broker: EmbeddedBroker | undefined;
	const opened = (async () => {
		const {openEmbeddedBroker} = await import('./embedded-broker.js');
		while (!closing.signal.aborted) {
			try {
				broker = await openEmbeddedBroker({host: bindable(file.advertise), port, tls, clusterKey: file.clusterKey, isMember, clock, onRefused});
				return;
			} catch (error) {
				log.warn('the MQTT broker of this cluster cannot listen; set another mqtt.port, or mqtt.url to a broker that there is', {port, error});
				await delay(brokerRetryMs, undefined, {signal: closing.signal, ref: false}).catch(() => undefined);
			}
		}
	})();
	return {
		port: () => broker?.port,
		async [Symbol.asyncDispose]() {
			closing.abort();
			await opened;
			await broker?.[Symbol.asyncDispose]();
		},
	};
}
