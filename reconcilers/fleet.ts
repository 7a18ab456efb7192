import {filter, from, ignoreElements, map, merge, mergeMap, tap} from 'rxjs';
import type {Observable} from 'rxjs';
import {isBoundTo} from '../store/resources/instance.js';
import type {Instance} from '../store/resources/instance.js';
import {keyOf, keyText} from '../store/resources/kinds.js';
import type {MemberRecord} from '../store/resources/member.js';
import {isOwnedBy, ownershipOf} from '../store/resources/ownership.js';
import type {Service} from '../store/resources/service.js';
import type {Store} from '../store/store.js';
import {createAdopterNaming} from './adoption/name-adopter.js';
import {createAdoptionReconciler, tellAdopted} from './adoption/reconciler.js';
import type {AdoptionReconciler} from './adoption/reconciler.js';
import {adoptFrom} from './copies/adopt.js';
import {createCopiesReconciler} from './copies/reconciler.js';
import type {Recorder} from './events/recorder.js';
import type {Looks} from './instance/looks.js';
import type {Inventory} from './inventory.js';
import type {Clock} from './ports/clock.js';
import type {Engines} from './ports/engine.js';
import type {AdopterQuestion, AdopterWord, Leadership} from './ports/leadership.js';
import type {Log} from './ports/log.js';
import type {Peers, RemoteInstance} from './ports/peers.js';
import {createReconcileLoop} from './reconcile-loop.js';
import type {ReconcileLoop} from './reconcile-loop.js';
import {createAcceptance} from './remote/accept.js';
import type {Acceptance} from './remote/accept.js';
import {assignmentKeys, createAssignments} from './remote/assignments.js';
import {createReportHearing} from './remote/hear-report.js';
import {createInquiries} from './remote/inquiries.js';
import {LeaseGrants} from './remote/lease-grants.js';
import {Leases} from './remote/leases.js';
import {createPins} from './remote/pins.js';
import type {Pins} from './remote/pins.js';
import {createReports, ownersServed} from './remote/reports.js';
import type {Reports} from './remote/reports.js';

/** What the loops between nodes need. */
export interface FleetOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly inventory: Inventory;
	readonly looks: Looks;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
	readonly leadership: Leadership;
	readonly acceptMembers: (records: readonly MemberRecord[]) => Promise<void>;
	readonly recorder: Recorder;
	readonly clock: Clock;
	readonly log: Log;
	readonly resyncMs: number;
	/** Milliseconds that go on while the machine sleeps. */
	readonly bootMs: () => number;
}

/** The loops that keep nodes agreed, and what this node answers to others. */
export interface FleetReconcilers {
	readonly loops: readonly ReconcileLoop[];
	readonly acceptance: Acceptance;
	/** Takes what a proven executing node says of this node's own Instances. */
	readonly hearReport: (caller: string, report: readonly RemoteInstance[]) => Promise<void>;
	readonly leases: LeaseGrants;
	/** Those that this node holds itself. */
	readonly held: Leases;
	/** What images stand for, decided for the whole fleet. */
	readonly pins: Pins;
	/** Copies what a peer has written, at once. */
	readonly copyNow: (nodeId: string, signal: AbortSignal) => Promise<void>;
	/** Has a node told anew what it is to run for this one. */
	readonly reorder: (nodeId: string) => void;
	/** Takes over what a forgotten node owned; answers its Services. */
	readonly adopt: (nodeId: string, name: string) => Promise<readonly Service[]>;
	/** Who takes over from a lost owner, as the leader of all nodes says. */
	readonly nameAdopter: (question: AdopterQuestion, asker: string) => AdopterWord;
	readonly adoptionOutlook: AdoptionReconciler['outlookOf'];
}

/** Wires copies of what others own, orders to executing nodes, and reports to owners. */
export function createFleet(options: FleetOptions): FleetReconcilers {
	const {store, self, peers, looks, recorder, log} = options;
	const grants = new LeaseGrants(options);
	const assignments = createAssignments({store, self, peers, recorder, clock: options.clock, leases: grants});
	const reports = createReports({store, self, peers, looks});
	const hearing = createReportHearing({
		store, self, lost: assignments.forget,
		unknown: (nodeId, uid) => {
			log.warn('a node runs for this one what it does not know; it is left running', {node: nodeId, uid});
		},
	});
	const copies = createCopiesReconciler(options);
	const held = new Leases({...options, grant: uid => grants.grant(self.id, uid)});
	const naming = createAdopterNaming();
	const adopt = async (nodeId: string, only?: ReadonlySet<string>): Promise<readonly Service[]> => {
		grants.takenOver();
		const services = await adoptFrom(nodeId, options, only);
		grants.takenOver();
		return services;
	};
	const adoption = createAdoptionReconciler({...options, adopt});
	const ended = (uid: string): void => {
		assignments.ended(uid);
		hearing.ended(uid);
		grants.forget(uid);
	};
	const loops = [
		createReconcileLoop({
			...options, name: 'copies', concurrency: 8, reconcile: copies,
			sources: [peers.changes.pipe(map(({id}) => id))],
			// Of those that are members no longer what is left is removed.
			keys: () => [...new Set([...peers.members().map(({id}) => id), ...store.list('Cursor').items.map(({metadata}) => metadata.name)])],
		}),
		createReconcileLoop({
			...options, name: 'assignment', concurrency: 32, reconcile: assignments.reconcile,
			sources: [ordered(options, ended), assignments.forgotten, relinked(options, assignments.forget)],
			keys: () => assignmentKeys(store, self),
		}),
		createReconcileLoop({
			...options, name: 'lease', concurrency: 16, reconcile: held.reconcile,
			sources: [
				store.changes({kind: 'Instance'}).pipe(filter(({object}) => object.spec.leased === true), map(({object}) => keyText(keyOf(object)))),
				peers.changes.pipe(filter(({kind}) => kind === 'connected'), mergeMap(() => from(held.keys()))),
			],
			keys: () => held.keys(),
		}),
		createReconcileLoop({
			...options, name: 'report', concurrency: 8, reconcile: reports.reconcile,
			sources: [observed(options, reports.ended), retold(options, reports)],
			keys: () => ownersServed(store, self),
		}),
		createReconcileLoop({
			...options, name: 'adoption', concurrency: 4, reconcile: adoption.reconcile,
			sources: [peers.changes.pipe(filter(({kind}) => kind !== 'news'), map(({id}) => id))],
			keys: () => peers.members().map(({id}) => id),
		}),
		createReconcileLoop({
			...options, name: 'inquiry', concurrency: 8, reconcile: createInquiries({...options, hearReport: hearing.hear, lost: assignments.forget}),
			sources: [peers.changes.pipe(filter(({kind}) => kind === 'connected' || kind === 'heard'), map(({id}) => id))],
			keys: () => peers.members().map(({id}) => id),
		}),
	];
	return {
		loops, acceptance: createAcceptance(options), hearReport: hearing.hear, leases: grants, held, pins: createPins(options), reorder: assignments.forget,
		copyNow: async (nodeId, signal) => {
			await copies(nodeId, signal);
		},
		async adopt(nodeId, name) {
			const services = await adopt(nodeId);
			for (const service of services) tellAdopted(recorder, service, {from: name, to: self.name, because: 'was forgotten'});
			return services;
		},
		nameAdopter: (question, asker) => naming(question, {selfId: self.id, asker, members: peers.members(), owns: id => store.lookup('Service', 'owned', id).length, nowMs: options.clock.monotonicMs()}),
		adoptionOutlook: adoption.outlookOf,
	};
}

/** Own Instances bound elsewhere, as they change. `ended` is told of each that is gone. */
function ordered({store, self}: FleetOptions, ended: (uid: string) => void): Observable<string> {
	return store.changes({kind: 'Instance'}).pipe(
		filter(({object}) => isOwnedBy(object, self.id) && !isBoundTo(object, self)),
		tap(({type, object}) => {
			if (type === 'deleted' && !isThere(store, object)) ended(object.metadata.uid);
		}),
		map(({object}) => keyText(keyOf(object))),
	);
}

/** All of them on a node whose link was opened anew, or that is a member no longer. They come by another source, when `forget` was told. */
function relinked({peers}: FleetOptions, forget: (nodeId: string) => void): Observable<never> {
	return peers.changes.pipe(
		filter(({kind}) => kind === 'connected' || kind === 'joined' || kind === 'forgotten'),
		tap(({id}) => forget(id)),
		ignoreElements(),
	);
}

/** Owners that are to be told everything again. */
function retold({peers}: FleetOptions, {forget, drop}: Pick<Reports, 'forget' | 'drop'>): Observable<string> {
	return peers.changes.pipe(
		filter(({kind}) => kind === 'connected' || kind === 'forgotten'),
		tap(({kind, id}) => (kind === 'forgotten' ? drop(id) : forget(id))),
		map(({id}) => id),
	);
}

/** False for an Instance that is gone; true for one that was only given another key. */
const isThere = (store: Store, {metadata: {uid}}: Instance): boolean => store.lookup('Instance', 'uid', uid).some(({metadata}) => metadata.uid === uid);

/** Owners to whom something kept for them has happened. */
function observed({store, self, looks}: FleetOptions, ended: Reports['ended']): Observable<string> {
	const kept = store.changes({kind: 'Instance'}).pipe(filter(({object}) => isBoundTo(object, self) && !isOwnedBy(object, self.id)));
	const told = kept.pipe(mergeMap(change => {
		const owner = change.type === 'deleted' && !isThere(store, change.object) ? ended(change.object) : ownershipOf(change.object).owner;
		return owner === undefined ? [] : [owner];
	}));
	const looked = looks.first.pipe(mergeMap(uid => store.lookup('Instance', 'uid', uid).filter(instance => isBoundTo(instance, self) && !isOwnedBy(instance, self.id)).flatMap(instance => ownershipOf(instance).owner ?? [])));
	return merge(told, looked);
}
