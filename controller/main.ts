import {randomUUID} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {Registry} from 'prom-client';
import {ensureAdminToken} from '../api/auth/ensure-admin-token.js';
import {configureHttpServer} from '../api/limits/configure-http-server.js';
import {createConnectionGate} from '../api/limits/connection-gate.js';
import {createMetrics, registerStoreMetrics, type Metrics} from '../api/metrics/metrics.js';
import type {HealthCheck} from '../api/ports/dependencies.js';
import {createApi} from '../api/server.js';
import {createReconcilers, type Reconcilers} from '../reconcilers/create.js';
import {workloadOf} from '../reconcilers/instance/workload.js';
import type {Log} from '../reconcilers/ports/log.js';
import {openLevelStore} from '../store/level/open.js';
import type {Store} from '../store/store.js';
import {createAdmission} from './admission.js';
import {openBundles} from './bundles/open.js';
import {furtherAddresses, openCapabilityEngine} from './capabilities/open.js';
import {bootMs, systemClock} from './clock.js';
import type {StreamListener} from './compatibility/stream-framing/listener.js';
import type {Config} from './config/schema.js';
import {openDiscovery} from './discovery/open.js';
import {parsePeer} from './discovery/static-peers.js';
import {createExternalEngines} from './engines/external/open.js';
import {createEngines} from './engines/registry.js';
import {createApiPorts} from './fleet/api-ports.js';
import {nodeActions} from './fleet/node-actions.js';
import {nodeConduct} from './fleet/node-conduct.js';
import {openFleet} from './fleet/open.js';
import {createSwitchPorts, switchActions} from './fleet/switching.js';
import {addressTowards, hostAddresses} from './addresses.js';
import {enginesOf} from './engines-of.js';
import {measured} from './engines/measured.js';
import {loadIdentity} from './identity.js';
import {openImages} from './images/open.js';
import {openSeeding} from './images/seed-images.js';
import {limitsOf} from './limits.js';
import {openListeners, type Listening} from './listeners.js';
import {createLocalNode, removeUnfinishedBackups} from './local-node.js';
import {nodePorts} from './node-ports.js';
import {createNodeFacts} from './node-facts.js';
import {createOwned, runLoops, type RunningLoops} from './process.js';
import {removeRunState, writeRunState} from './run-state.js';
import {servedNames} from './served-names.js';
import {createStatistics} from './statistics.js';
import {fileActions} from './peers/transfer/actions.js';
import {createFileEvents} from './peers/transfer/events.js';
import {createStraightCalls} from './peers/straight-calls.js';
import {createFiles} from './peers/transfer/relay.js';
import {Transfers} from './peers/transfer/transfers.js';
import {openServedTls} from './tls/served.js';
import {createWorkloads} from './workloads.js';

/** A node at work. */
export interface RunningNode {
	readonly listening: Listening;
	/** Secret of the admin token, and the certificate that clients pin. */
	readonly access: {readonly token: string; readonly authority: string};
	/** Ends streams cleanly, then everything else in reverse order; containers keep running. Within 5 s. */
	close(): Promise<void>;
}

/** What a node is started with. */
export interface NodeOptions {
	readonly config: Config;
	readonly log: Log;
	readonly version: string;
	readonly supervised: boolean;
}

/** How long answers under way may take when the process ends. */
const closeGraceMs = 1500;

/**
 * Constructs and starts everything, in the order it is needed, and closes what it opened when a step fails. The API opens last, so that whoever
 * reaches it finds a node at work. Throws `ConfigError` and `StoreError` with what to do.
 */
export async function startNode({config, log, version, supervised}: NodeOptions): Promise<RunningNode> {
	const owned = createOwned(log);
	try {
		await mkdir(config.dataDir, {recursive: true, mode: 0o700});
		await mkdir(config.runDir, {recursive: true, mode: 0o750});
		const clock = systemClock;
		const now = () => clock.now();
		const limits = limitsOf(config);
		// Making certificates, as a first start does, takes as long as opening everything else; a failure is told where they are needed.
		const openingTls = openServedTls({directory: join(config.dataDir, 'tls'), nodeName: config.name, names: servedNames(config), now, listeners: () => listeners});
		openingTls.catch(() => undefined);
		const identity = await loadIdentity(config.dataDir);
		const registry = new Registry();
		const metrics = createMetrics({registry});
		const store = owned.own('store', await openLevelStore({directory: join(config.dataDir, 'store'), nodeId: identity.id, now, host: config.name, limits: limits.store, log, synced: metrics.committed}), async it => it[Symbol.asyncDispose]());
		await removeUnfinishedBackups(config.dataDir);
		const token = await ensureAdminToken({store, file: join(config.dataDir, 'admin.token'), nodeId: identity.id, now});
		registerStoreMetrics({registry, store});
		const external = createExternalEngines({allow: config.engines.external.allow, nodeName: config.name});
		const engines = createEngines([...enginesOf({config, nodeId: identity.id, clock, log}), ...external.engines].map(engine => measured(engine, metrics.engineCalled)), external.isHere);
		owned.own('engines', engines, async it => {
			await Promise.all(it.possible.map(async engine => engine[Symbol.asyncDispose]()));
		});
		const daemons = owned.own('capabilities', await openCapabilityEngine({runDir: config.runDir, further: furtherAddresses(config), clock, log, onDropped: metrics.capabilityMessageDropped}), async it => it[Symbol.asyncDispose]());
		const facts = createNodeFacts({version, directory: config.dataDir, statics: config.capabilities.static, devices: config.policy.allowDevices, daemons});
		const self = {id: identity.id, name: config.name};
		const tls = await openingTls;
		const fleet = owned.own('peers', await openFleet({
			store, dataDir: config.dataDir, runDir: config.runDir, identity, name: config.name, clock, log,
			ports: {port: config.peers.port, publishPort: config.peers.pubPort},
			groups: {periods: config.groups, conduct: nodeConduct({
				store, name: config.name, log,
				nameAdopter: (question, asker) => reconcilers.answers.nameAdopter(question, asker), held: () => reconcilers.switches.held,
			})},
			staticPeers: config.peers.addresses.flatMap(text => parsePeer(text) ?? []), brokerPort: config.mqtt.port, storeBytes: limits.store.totalBytes,
			ownAddress: async towards => config.advertise ?? await addressTowards(towards ?? config.mqtt.url) ?? hostAddresses()[0], isOwnAddress: address => hostAddresses().includes(address),
			apiSocket: () => listeners.listening.socket,
			advertised: async address => tls.serve(address),
			authority: tls,
		}), async it => it[Symbol.asyncDispose]());
		const images = await openImages({self, engines, sockets: fleet.sockets, dataDir: config.dataDir, takesSeeds: config.images.seedSeconds > 0, limitBytes: limits.images.imageBytes, clock, log});
		const signing = await openBundles({dataDir: config.dataDir, sockets: fleet.sockets, clusterKey: () => fleet.membership.file?.clusterKey, identityKey: identity.privateKey, log});
		const originals = config.compatibility.zeromq || config.compatibility.mqtt ? owned.own('compatibility', (await import('./compatibility/open.js')).openCompatibility({
			config, store, self, peers: fleet.peers, api: () => ({server: `unix://${listeners.listening.socket}`, token}), clock, log, onDropped: metrics.discoveryMessageDropped,
		}), async it => it[Symbol.asyncDispose]()) : undefined;
		const reconcilers = createReconcilers({
			store, engines, node: self, facts, clock, log, peers: originals?.peers ?? fleet.peers, leadership: fleet.leadership, images: images.sources, bootMs,
			switching: createSwitchPorts(fleet),
			acceptMembers: async records => {
				await fleet.membership.accept(records);
			},
		});
		const loops = owned.own('reconcilers', runLoops({loops: reconcilers.loops, onReport: report => {
			metrics.reconciled(report);
			reportDepths(reconcilers, metrics);
		}, log}), it => it.end());

		const closing = new AbortController();
		let oldClients: StreamListener | undefined;
		const gate = createConnectionGate(limits.http);
		const localNode = createLocalNode({name: config.name, id: identity.id, version, dataDir: config.dataDir, store, orphans: reconcilers.orphans, statistics: createStatistics({directory: config.dataDir, clock}), ports: () => nodePorts({api: listeners.listening, peers: fleet.listening(), advertised: fleet.membership.advertised(), streams: oldClients, runDir: config.runDir})});
		const workloads = createWorkloads({engines, referenceOf: instance => workloadOf(instance, {nodeId: identity.id})});
		const handler = createApi({
			...createApiPorts({self, store, sockets: fleet.sockets, membership: fleet.membership, reconcilers, authority: () => tls.material.authority, tlsPort: () => listeners.listening.tlsPort, log}),
			store, clock, log, limits: limits.api, httpLimits: limits.http, gate, metrics: registry, meter: metrics, closing: closing.signal,
			randomUuid: randomUUID,
			calls: {ask: request => mdp.calls.ask(request)},
			bundles: signing.bundles,
			archives: images.archives,
			files: createFiles(createStraightCalls({calls: {ask: request => mdp.calls.ask(request)}, nodes: fleet.nodes, sockets: fleet.sockets})),
			admission: createAdmission(engines),
			workloads, commands: workloads, switching: reconcilers.switches,
			node: localNode,
			health: {checks: () => checks(store, config.name, loops)},
			authentication: {compatibility: config.compatibility.rest, hostNames: [config.name, ...config.api.hosts, ...config.api.listen]},
		});
		const listeners = owned.own('listeners', await openListeners({
			handler, tls: tls.material, port: config.api.port, tlsPort: config.api.tlsPort, addresses: config.api.listen,
			socket: config.api.socket ?? join(config.runDir, 'motey.sock'), maxHeaderSize: limits.http.headerBytes,
			onError: error => log.error('a connection was not taken', {error}),
			configure: server => configureHttpServer(server, {limits: limits.http, gate}),
		}), async it => it.close(closeGraceMs));
		const {listening} = listeners;
		const transfers = owned.own('transfers', await Transfers.open({allow: allowedFolders(config), dataDir: config.dataDir, limits: limits.transfers, clock, log, tell: createFileEvents({store, name: config.name})}), async it => it[Symbol.asyncDispose]());
		const mdp = await fleet.serve({answers: reconcilers.answers, builtins: [...nodeActions({store, node: localNode}), ...fileActions(transfers), ...external.builtins, ...images.builtins, ...signing.builtins, ...switchActions(reconcilers.switches)], onNames: external.onNames});
		external.serve(mdp.calls);
		owned.own('image seeding', openSeeding({seconds: config.images.seedSeconds, store, self, rehearse: reconcilers.rehearse, sockets: fleet.sockets, log}), async it => it[Symbol.asyncDispose]());
		owned.own('discovery', openDiscovery({
			config, store, membership: fleet.membership, self, privateKey: identity.privateKey, session: fleet.session, version, listening: fleet.listening,
			tls: () => tls.material, clock, log, onDropped: metrics.discoveryMessageDropped,
		}), async it => it[Symbol.asyncDispose]());
		await originals?.serve();
		if (config.compatibility.cleverShow !== false) oldClients = owned.own('stream framing', await (await import('./compatibility/stream-framing/open.js')).openStreamFraming({
			config, port: config.compatibility.cleverShow, self, store, node: localNode, calls: mdp.calls, clock, log,
		}), async it => it[Symbol.asyncDispose]());
		await writeRunState(config.runDir, {startedAt: clock.now().toISOString(), version, name: config.name, dataDir: config.dataDir, supervised, port: listening.port, tlsPort: listening.tlsPort, socket: listening.socket});
		owned.own('run state', config.runDir, removeRunState);
		if (config.compatibility.rest) log.warn('/v1 is open on loopback without a token, as compatibility asks');
		log.info('node is ready', {name: config.name, id: identity.id, version, ...listening});
		return {
			listening,
			access: {token, authority: tls.material.authority},
			async close() {
				closing.abort();
				await owned.close();
				log.info('node has ended; its containers keep running');
			},
		};
	} catch (error) {
		await owned.close();
		throw error;
	}
}

/** Where this node lets files be copied to and from. */
function allowedFolders({files, dataDir}: Config): readonly string[] {
	return files.allow.length > 0 ? files.allow : [join(dataDir, 'files')];
}

function reportDepths(reconcilers: Reconcilers, metrics: Metrics): void {
	for (const loop of reconcilers.loops) metrics.queueDepth({reconciler: loop.name, depth: loop.queueDepth()});
}

/** What the health routes ask: is the store writable, does an engine answer, are the reconcilers at work and have they described this node. */
function checks(store: Store, nodeName: string, loops: RunningLoops): readonly HealthCheck[] {
	const {writable, message} = store.health();
	const conditions = store.get('Node', {namespace: '', name: nodeName})?.status?.conditions;
	const ended = loops.ended();
	const engine = conditions?.find(condition => condition.type === 'EngineReady');
	return [
		{name: 'store', ok: writable, message},
		{name: 'engine', ok: engine?.status === 'True', message: engine?.message ?? 'not asked yet'},
		{name: 'reconcilers', ok: conditions !== undefined && ended.length === 0, message: ended.length > 0 ? `${ended.join(', ')} ended; restart the node` : conditions === undefined ? 'have not looked yet' : ''},
	];
}
