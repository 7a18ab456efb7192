import {readFile} from 'node:fs/promises';
import type {Endpoint} from '../../api/client/transport.js';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Peers} from '../../reconcilers/ports/peers.js';
import type {Store} from '../../store/store.js';
import {hostAddresses} from '../addresses.js';
import type {Config} from '../config/schema.js';
import {createDropped} from '../discovery/dropped.js';
import {createRepliers} from '../peers/compatibility/replier.js';
import {OriginalRequests} from '../peers/compatibility/request.js';
import {hideOriginal, showOriginal, shownOriginals} from './node-objects.js';
import {openHosts} from './open-hosts.js';
import {OriginalNodes} from './original-nodes.js';
import {withOriginals} from './original-peers.js';
import {createReplies} from './replies.js';
import {openTopics} from './topics.js';

const loopback = '127.0.0.1';
const askMs = 1500;
const statusMs = 5000;
/** The original answers once the image is loaded and started. */
const deployMs = 60_000;
const terminateMs = 30_000;

/** What speaking with nodes of the original needs. */
export interface CompatibilityParts {
	readonly config: Pick<Config, 'advertise' | 'mqtt' | 'repliers' | 'compatibility'>;
	readonly store: Store;
	readonly self: {readonly id: string; readonly name: string};
	/** The other nodes of this node's own kind. */
	readonly peers: Peers;
	/** The node's own API, with a token that may write. */
	readonly api: () => Endpoint;
	readonly clock: Clock;
	readonly log: Log;
	readonly onDropped: () => void;
}

/** This node as nodes of the original know it, and them as it knows them. */
export interface Compatibility extends AsyncDisposable {
	/** The other nodes, those of the original among them. */
	readonly peers: Peers;
	/** Opens the original's ports and topics. */
	serve(): Promise<void>;
}

/** Makes what `--compatibility` adds between nodes; nothing is open before `serve`. */
export function openCompatibility({config, store, self, peers, api, clock, log, onDropped}: CompatibilityParts): Compatibility {
	const {repliers: ports, mqtt, compatibility: speaks} = config;
	const ownHost = config.advertise ?? hostAddresses()[0] ?? loopback;
	const requests = new OriginalRequests();
	const repliers = createRepliers(log);
	const owned: AsyncDisposable[] = [repliers];
	const isMember = (host: string): boolean => store.list('Member').items.some(({status}) => status?.addresses.some(address => address.host === host));
	let writing: Promise<unknown> = Promise.resolve();
	const write = (work: () => Promise<void>): void => {
		writing = writing.then(work).catch((error: unknown) => log.warn('a node of the original is not shown as it is', {error}));
	};
	const nodes = new OriginalNodes({
		ask: async (host, signal) => requests.ask({host, port: ports.capabilities, text: '', deadlineMs: askMs, signal}),
		isUsed: id => store.lookup('Instance', 'node', id).some(({spec}) => spec.nodeId === id),
		clock,
		onChange(node) {
			write(async () => ('gone' in node ? hideOriginal(store, node.id, {selfId: self.id}) : showOriginal(store, node, {selfId: self.id, now: clock.now()})));
		},
	});
	// Known before anything decides: work on a node that nobody knows is taken for ended.
	for (const {status} of shownOriginals(store, self.id)) for (const host of status?.addresses ?? []) nodes.remember(host);
	const listen = async (host: string): Promise<void> => {
		const replies = createReplies({store, self, api});
		for (const [port, answer] of [[ports.capabilities, replies.capabilities], [ports.deploy, replies.deploy], [ports.status, replies.status], [ports.terminate, replies.terminate]] as const) {
			await repliers.listen(host, port, answer).catch((error: unknown) => log.warn('original nodes are not answered here', {host, port, error}));
		}
	};
	return {
		peers: withOriginals({
			peers, nodes, store, self, clock,
			calls: {
				deploy: async (host, text, signal) => requests.ask({host, port: ports.deploy, text, deadlineMs: deployMs, signal}),
				status: async (host, text, signal) => requests.ask({host, port: ports.status, text, deadlineMs: statusMs, signal}),
				terminate: async (host, text, signal) => requests.ask({host, port: ports.terminate, text, deadlineMs: terminateMs, signal}),
			},
		}),
		async serve() {
			const hosts = openHosts(config);
			if (speaks.zeromq) for (const host of hosts) await listen(host);
			if (speaks.zeromq && hosts.length > 1) log.warn('whoever reaches the ports of the original may run images on this node, as compatibility with --advertise asks', {hosts});
			if (!speaks.mqtt) return;
			const {url, username, password, ca} = mqtt;
			if (url === undefined) {
				log.info('nodes of the original are not looked for: they need a broker that lets them in, so set mqtt.url');
				return;
			}
			if (config.advertise === undefined) log.info('nodes of the original are not told of this one: say with advertise at which address they reach it');
			const dropped = createDropped({log, clock, onDropped});
			owned.push(openTopics({
				brokers: async () => [{url, ...(password === undefined ? {} : {username: username ?? self.id, password}), ...(ca === undefined ? {} : {authority: await readFile(ca, 'utf8')})}],
				clientId: `${self.id}-original`, ownHost, isServed: config.advertise !== undefined, keepaliveSeconds: mqtt.keepalive,
				onRegistered(host) {
					if (!isMember(host) && !nodes.heard(host)) dropped('is one node of the original too many', '');
				},
				onRemoved: host => nodes.removed(host),
				onDropped: dropped, clock, log,
			}));
		},
		async [Symbol.asyncDispose]() {
			for (const each of owned.reverse()) await each[Symbol.asyncDispose]();
			await nodes[Symbol.asyncDispose]();
			await writing;
		},
	};
}
