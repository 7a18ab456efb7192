import type {Instance} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Clock} from '../ports/clock.js';
import type {Engines} from '../ports/engine.js';
import type {Peers} from '../ports/peers.js';
import {timestamp} from '../timestamp.js';
import {AskedPorts, candidatesFor} from './candidates.js';
import type {FleetView} from './fleet.js';
import {Moves} from './moves.js';
import type {ServicePlan, ServiceView} from './view.js';

/** What is known of the leases of at-most-one Instances on other nodes. */
export interface Leases {
	/** When a lease of this Instance may have been granted last, on the clock's `monotonicMs`: the start of this agent when it has granted none since. */
	lastMs(uid: string): number;
}

/** What views are made from. */
export interface ServiceViewsOptions {
	readonly store: Store;
	readonly node: {readonly id: string; readonly name: string};
	readonly engines: Engines;
	readonly peers: Pick<Peers, 'members'>;
	readonly leases: Leases;
	readonly clock: Clock;
}

/** What is read: the store, or what a transaction has accepted. */
export type Reader = Pick<Transaction, 'get' | 'lookup'>;

/** The state of things as service plans need it. */
export interface ServiceViews {
	readonly of: (reader: Reader, service: Service) => ServiceView;
	readonly fleet: (reader: Reader) => FleetView;
	/** Remembers what a plan that was carried out has moved. */
	readonly note: (plan: Pick<ServicePlan, 'lastMove' | 'turns'>) => void;
	readonly ports: AskedPorts;
}

/** Puts together what a service plan is made from; remembers only what is being moved. */
export function createServiceViews({store, node, engines, peers, leases, clock}: ServiceViewsOptions): ServiceViews {
	const ports = new AskedPorts(engines);
	const moves = new Moves();
	const fleetIn = (reader: Reader): FleetView => ({
		self: node,
		members: new Map(peers.members().map(member => [member.id, member])),
		isForgotten: nodeId => reader.get('Member', {namespace: '', name: nodeId})?.spec.forgotten ?? false,
		nowMs: clock.monotonicMs(),
		...(moves.last === undefined ? {} : {lastMove: moves.last}),
	});
	return {
		ports,
		fleet: fleetIn,
		note: plan => moves.note(plan),
		of: (reader, service) => {
			const {uid, namespace = ''} = service.metadata;
			const instances = reader.lookup('Instance', 'owner', uid);
			const fleet = fleetIn(reader);
			const lookup: Reader['lookup'] = (kind, index, value) => reader.lookup(kind, index, value);
			return {
				service, instances, fleet,
				candidates: () => candidatesFor({nodes: store.list('Node').items, service, instances, fleet, ports, lookup}),
				nodeOf: instance => nodeOf(store, instance),
				hostPorts: (entry, engine) => ports.ofEntry(entry, engine),
				isForeign: name => {
					const holder = reader.get('Instance', {namespace, name});
					return holder !== undefined && holder.spec.service !== service.metadata.name && !(holder.metadata.ownerReferences ?? []).some(reference => reference.uid === uid);
				},
				leaseAnsweredMs: instanceUid => leases.lastMs(instanceUid),
				turns: moves.turns({lookup}),
				now: timestamp(clock.now()),
			};
		},
	};
}

/** By the name it had when the Instance was bound, or by its id when it has another name since. */
function nodeOf(store: Store, {spec: {nodeId, nodeName}}: Instance): Node | undefined {
	const named = store.get('Node', {namespace: '', name: nodeName});
	if (nodeId === undefined || named?.status?.id === nodeId) return named;
	return store.list('Node').items.find(({status}) => status?.id === nodeId);
}
