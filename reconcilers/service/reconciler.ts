import {isDeepStrictEqual} from 'node:util';
import {keyOf, parseKey} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {foregroundFinalizer, instancesFinalizer, isDeleting, withoutFinalizers} from '../finalizers.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import type {Engines} from '../ports/engine.js';
import type {Peers} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';
import {AskedPorts, candidatesFor} from './candidates.js';
import type {FleetView} from './fleet.js';
import {Moves} from './moves.js';
import {perform} from './perform.js';
import {planService} from './plan.js';
import {tellService} from './story.js';
import {statusOf} from './status.js';
import type {ServiceAction, ServicePlan, ServiceView} from './view.js';

/** What is known of the leases of at-most-one Instances on other nodes. */
export interface Leases {
	/** When this owner last answered a request for the lease of this Instance, on the clock's `monotonicMs`; undefined when it has not since it started. */
	answeredMs(uid: string): number | undefined;
}

/** What the service reconciler needs. */
export interface ServiceReconcilerOptions {
	readonly store: Store;
	readonly node: {readonly id: string; readonly name: string};
	readonly engines: Engines;
	readonly peers: Pick<Peers, 'members'>;
	/** Without it, a lease may have been answered until this agent started. */
	readonly leases?: Leases;
	readonly clock: Clock;
	readonly recorder: Recorder;
}

/** Looks at one Service (`namespace/name`) that this node owns: one transaction for everything that follows from it, its status included. */
export function createServiceReconciler(options: ServiceReconcilerOptions): (key: string) => Promise<Outcome> {
	const {store, recorder, node, engines, clock} = options;
	const context: Context = {...options, ports: new AskedPorts(engines), moves: new Moves(), startedMs: clock.monotonicMs()};
	return async key => {
		const before = store.get('Service', parseKey(key));
		if (!before || !isOwnedBy(before, node.id)) return done;
		const result = await store.transact(transaction => reconcileIn(transaction, before, context));
		if (!result) return done;
		tellService(recorder, before, result);
		return result.plan.againAfterMs === undefined ? done : again(result.plan.againAfterMs);
	};
}

/** What a reconcile changed, for the story. `created` carries the uids the store gave. */
export interface ServiceChange {
	readonly after: Service;
	readonly created: readonly Instance[];
	readonly actions: readonly ServiceAction[];
	readonly plan: ServicePlan;
}

interface Context extends ServiceReconcilerOptions {
	readonly ports: AskedPorts;
	readonly moves: Moves;
	readonly startedMs: number;
}

function reconcileIn(transaction: Transaction, before: Service, context: Context): ServiceChange | undefined {
	const service = transaction.get('Service', keyOf(before));
	if (service?.metadata.uid !== before.metadata.uid) return undefined;
	const view = viewOf(transaction, service, context);
	const plan = planService(view);
	const {now} = view;
	const created = plan.actions.flatMap(action => perform(transaction, service, {action, now}));
	context.moves.note(plan);
	const instances = transaction.lookup('Instance', 'owner', service.metadata.uid);
	const status = statusOf({service, instances, plan, fleet: view.fleet, now});
	const withStatus = isDeepStrictEqual(status, service.status) ? service : {...service, status};
	const next = isDeleting(service) && instances.length === 0 ? withoutFinalizers(withStatus, instancesFinalizer, foregroundFinalizer) : withStatus;
	const after = next === service ? service : transaction.put(next);
	return {after, created, actions: plan.actions, plan};
}

function viewOf(transaction: Transaction, service: Service, {store, node, peers, leases, clock, ports, moves, startedMs}: Context): ServiceView {
	const {uid, namespace = ''} = service.metadata;
	const instances = transaction.lookup('Instance', 'owner', uid);
	const lookup: Transaction['lookup'] = (kind, index, value) => transaction.lookup(kind, index, value);
	const fleet: FleetView = {
		self: node,
		members: new Map(peers.members().map(member => [member.id, member])),
		isForgotten: nodeId => transaction.get('Member', {namespace: '', name: nodeId})?.spec.forgotten ?? false,
		nowMs: clock.monotonicMs(),
		...(moves.last === undefined ? {} : {lastMove: moves.last}),
	};
	return {
		service, instances, fleet,
		candidates: () => candidatesFor({nodes: store.list('Node').items, service, instances, fleet, ports, lookup}),
		nodeOf: instance => nodeOf(store, instance),
		hostPorts: (entry, engine) => ports.ofEntry(entry, engine),
		isForeign: name => {
			const holder = transaction.get('Instance', {namespace, name});
			return holder !== undefined && !(holder.metadata.ownerReferences ?? []).some(reference => reference.uid === uid);
		},
		leaseAnsweredMs: instanceUid => leases?.answeredMs(instanceUid) ?? startedMs,
		turns: moves.turns(transaction),
		now: timestamp(clock.now()),
	};
}

/** By the name it had when the Instance was bound, or by its id when it has another name since. */
function nodeOf(store: Store, {spec: {nodeId, nodeName}}: Instance): Node | undefined {
	const named = store.get('Node', {namespace: '', name: nodeName});
	if (nodeId === undefined || named?.status?.id === nodeId) return named;
	return store.list('Node').items.find(({status}) => status?.id === nodeId);
}
