import {randomUUID} from 'node:crypto';
import {filter, from, merge, mergeMap, share, tap, throttleTime} from 'rxjs';
import type {Observable} from 'rxjs';
import {containerUid} from '../store/resources/instance.js';
import {keyOf, keyText} from '../store/resources/kinds.js';
import type {MemberRecord} from '../store/resources/member.js';
import type {Store} from '../store/store.js';
import {createRecorder} from './events/recorder.js';
import {Looks} from './instance/looks.js';
import {Observations} from './instance/observations.js';
import {Pauses} from './instance/pauses.js';
import {PortWaiters} from './instance/port-waiters.js';
import {Preparations} from './instance/preparations.js';
import {createInstanceReconciler} from './instance/reconciler.js';
import {Steps} from './instance/steps.js';
import type {EngineWidth} from './instance/steps.js';
import {createFleet} from './fleet.js';
import type {FleetReconcilers} from './fleet.js';
import {instancesOn} from './instances-on.js';
import {Inventory} from './inventory.js';
import {createNodeReconciler} from './node/reconciler.js';
import {createOrphanReconciler} from './orphan/reconciler.js';
import type {OrphanAccess} from './orphan/reconciler.js';
import type {Clock} from './ports/clock.js';
import type {Engine, EngineHint, Engines} from './ports/engine.js';
import {noImageSources, type ImageSources} from './ports/image-sources.js';
import type {Log} from './ports/log.js';
import {noLeadership, type Leadership} from './ports/leadership.js';
import {noPeers} from './ports/no-peers.js';
import {noSwitchPorts} from './ports/no-switch-ports.js';
import type {NodeFactsPort} from './ports/node-facts.js';
import type {Peers} from './ports/peers.js';
import type {SwitchPorts} from './ports/switches.js';
import {createReconcileLoop} from './reconcile-loop.js';
import type {ReconcileLoop} from './reconcile-loop.js';
import {createRehearsal} from './rehearsal/create-rehearsal.js';
import type {Rehearse} from './rehearsal/create-rehearsal.js';
import {createServiceReconciler} from './service/reconciler.js';
import {serviceSources} from './service/sources.js';
import {createServiceViews} from './service/views.js';
import {createSwitches, type Switches} from './switch/create-switches.js';
import {HeldSwitches} from './switch/held-switches.js';
import {instanceKeys, instanceSources, nodeSources} from './sources.js';
import {createWhy} from './why/create-why.js';
import type {ExplainService} from './why/create-why.js';

/** Everything one node reconciles with. */
export interface ReconcilersOptions {
	readonly store: Store;
	readonly engines: Engines;
	/** The own node: its id never changes; its name is that of its Node object. */
	readonly node: {readonly id: string; readonly name: string};
	readonly facts: NodeFactsPort;
	readonly clock: Clock;
	readonly log: Log;
	/** The other nodes; none unless told. */
	readonly peers?: Peers;
	/** The leader of all nodes; nobody unless told. */
	readonly leadership?: Leadership;
	/** Where images may come from beside registries; nowhere unless told. */
	readonly images?: ImageSources;
	/** Checks and stores what a peer says of the members of the cluster. */
	readonly acceptMembers?: (records: readonly MemberRecord[]) => Promise<void>;
	/** Milliseconds between two looks at everything; 25 000 unless told, because what a lost hint hid is to be repaired within 30 s. */
	readonly resyncMs?: number;
	/** Milliseconds that never run backwards and go on while the machine sleeps; the clock's own unless told. */
	readonly bootMs?: () => number;
	/** How something is changed on several nodes at one instant; by nobody unless told. */
	readonly switching?: SwitchPorts;
	/** Calls of each kind an engine gets at once. */
	readonly engineWidth?: EngineWidth;
}

/** The loops of one node. Nothing runs before their `reports` are subscribed; each ends with its subscription and leaves workloads running. */
export interface Reconcilers {
	readonly loops: readonly ReconcileLoop[];
	readonly orphans: OrphanAccess;
	/** What this node answers to others. */
	readonly answers: Omit<FleetReconcilers, 'loops'>;
	/** What changes at one instant. */
	readonly switches: Switches;
	/** Why a Service is as it is. */
	readonly why: ExplainService;
	/** What the loss of each node would mean. */
	readonly rehearse: Rehearse;
}

/** Found by measuring against a bare loop on two cores: with eight starts at once thirty containers are up as fast as the bare loop has them. */
const defaultWidth: EngineWidth = {prepare: 4, start: 8, end: 8};
/** Bounds keys under work, most of which wait for a grace or a pull; the engine's own width bounds the load. */
const instanceConcurrency = 128;
/** Unknown containers are looked for at most this often, in milliseconds. */
const orphanDelayMs = 2000;

/** Wires the service, instance, node and orphan reconcilers of one node. */
export function createReconcilers(options: ReconcilersOptions): Reconcilers {
	const {store, engines, node, facts, clock, log, resyncMs = 25_000, engineWidth: width = defaultWidth, peers = noPeers} = options;
	const recorder = createRecorder(store.events, 'motey');
	const hints = merge(...(engines.possible ?? engines.all).map(engine => engine.events())).pipe(share());
	const shared = {resyncMs, clock, log};
	const inventory = new Inventory(clock);
	const observations = new Observations();
	const looks = new Looks();
	const preparations = new Preparations();
	const portWaiters = new PortWaiters();
	const pauses = new Pauses(clock);
	const refreshOne = async (engine: Engine, signal: AbortSignal): Promise<void> => {
		const moment = observations.moment();
		const listed = new Map((await inventory.list(engine, {maxAgeMs: 0, signal})).map(one => [one.uid, one]));
		for (const instance of instancesOn(store, node)) {
			const uid = containerUid(instance);
			if (instance.spec.image.engine === engine.name) observations.glance(uid, listed.get(uid), moment);
		}
	};
	const refresh = async (signal: AbortSignal): Promise<void> => {
		await Promise.all(engines.all.map(engine => refreshOne(engine, signal).catch((error: unknown) => {
			log.debug('engine could not be listed', {engine: engine.name, error});
		})));
	};

	const acceptMembers = options.acceptMembers ?? (async () => Promise.resolve());
	const fleet = createFleet({store, engines, inventory, looks, self: node, peers, leadership: options.leadership ?? noLeadership, acceptMembers, recorder, clock, log, resyncMs, bootMs: options.bootMs ?? (() => clock.monotonicMs())});
	const views = createServiceViews({store, node, engines, peers, clock, leases: fleet.leases});
	const images = options.images ?? noImageSources;
	const held = new HeldSwitches({store, log});
	const switches = createSwitches({
		store, engines, node, views, held, images, peers, recorder, clock, log, width: width.prepare, randomUuid: randomUUID,
		ports: options.switching ?? noSwitchPorts, reorder: fleet.reorder,
	});
	const reconcileService = createServiceReconciler({store, nodeId: node.id, views, recorder});
	const reconcileInstance = createInstanceReconciler({
		store, engines, node, clock, recorder, observations, looks, preparations, portWaiters, pauses, leases: fleet.held,
		steps: new Steps({width, recorder, images, pins: fleet.pins, takePrepared: workload => held.takePrepared(workload)}),
	});
	const nodeReconciler = createNodeReconciler({store, engines, node, facts, clock});
	const orphans = createOrphanReconciler({store, engines, node, inventory, clock, recorder, maxAgeMs: 1.5 * resyncMs});

	const loops = [
		...fleet.loops,
		createReconcileLoop({
			...shared, name: 'node', concurrency: 1,
			sources: nodeSources({store, node, hints, facts: facts.changes, forgetHealth: nodeReconciler.forgetHealth}),
			reconcile: nodeReconciler.reconcile,
			keys: () => [keyText({namespace: '', name: node.name})],
			beforeResync: async () => {
				nodeReconciler.forgetHealth();
				await Promise.resolve();
			},
		}),
		createReconcileLoop({
			...shared, name: 'service', concurrency: 16,
			sources: serviceSources({store, nodeId: node.id, peers}),
			reconcile: reconcileService,
			keys: () => store.list('Service').items.map(service => keyText(keyOf(service))),
		}),
		createReconcileLoop({
			...shared, name: 'instance', concurrency: instanceConcurrency,
			sources: [...instanceSources({store, node, hints, observations, preparations, portWaiters, pauses, refresh}), fleet.held.changes],
			reconcile: reconcileInstance,
			keys: () => instanceKeys(store, node),
			beforeResync: refresh,
		}),
		createReconcileLoop({
			...shared, name: 'orphan', concurrency: 2,
			sources: [unknownHeard(options, {hints, inventory, expectEmptiness: orphans.expectEmptiness})],
			reconcile: orphans.reconcile,
			keys: () => engines.all.map(engine => engine.name),
		}),
	];
	return {loops, orphans, answers: fleet, switches, why: createWhy({store, views, adoption: fleet.adoptionOutlook}), rehearse: createRehearsal({store, views})};
}

/** Every engine's name some time after an Instance has gone, or something is heard of a uid that no Instance has. */
function unknownHeard({store, engines}: ReconcilersOptions, {hints, inventory, expectEmptiness}: {hints: Observable<EngineHint>; inventory: Inventory; expectEmptiness: () => void}): Observable<string> {
	const unknown = hints.pipe(filter(hint => hint.kind === 'changed' && store.lookup('Instance', 'uid', hint.uid).length === 0));
	const gone = store.changes({kind: 'Instance'}).pipe(filter(change => change.type === 'deleted'), tap(expectEmptiness));
	return merge(unknown, gone).pipe(
		throttleTime(orphanDelayMs, undefined, {leading: false, trailing: true}),
		mergeMap(() => from(engines.all.map(engine => engine.name))),
		tap(name => inventory.forget(name)),
	);
}
