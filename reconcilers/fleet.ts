import {filter, from, map, merge, mergeMap, tap} from 'rxjs';
import type {Observable} from 'rxjs';
import {isBoundTo} from '../store/resources/instance.js';
import {keyOf, keyText} from '../store/resources/kinds.js';
import type {MemberRecord} from '../store/resources/member.js';
import {isOwnedBy, ownershipOf} from '../store/resources/ownership.js';
import type {Store} from '../store/store.js';
import {adoptFrom} from './copies/adopt.js';
import {createCopiesReconciler} from './copies/reconciler.js';
import type {Recorder} from './events/recorder.js';
import type {Looks} from './instance/looks.js';
import type {Inventory} from './inventory.js';
import type {Clock} from './ports/clock.js';
import type {Engines} from './ports/engine.js';
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
import {createReports, ownersServed} from './remote/reports.js';

/** What the loops between nodes need. */
export interface FleetOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly inventory: Inventory;
	readonly looks: Looks;
	readonly self: {readonly id: string; readonly name: string};
	readonly peers: Peers;
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
	/** Copies what a peer has written, at once. */
	readonly copyNow: (nodeId: string, signal: AbortSignal) => Promise<void>;
	/** Takes over what a forgotten node owned; answers the names of its Services. */
	readonly adopt: (nodeId: string) => Promise<readonly string[]>;
}

/** Wires copies of what others own, orders to executing nodes, and reports to owners. */
export function createFleet(options: FleetOptions): FleetReconcilers {
	const {store, self, peers, looks, recorder, log} = options;
	const assignments = createAssignments({store, self, peers, recorder});
	const reports = createReports({store, self, peers, looks});
	const hearReport = createReportHearing({
		store, self, lost: assignments.forget,
		unknown: (nodeId, uid) => {
			log.warn('a node runs for this one what it does not know; it is left running', {node: nodeId, uid});
		},
	});
	const copies = createCopiesReconciler(options);
	const held = new Leases(options);
	const loops = [
		createReconcileLoop({
			...options, name: 'copies', concurrency: 8, reconcile: copies,
			sources: [peers.changes.pipe(map(({id}) => id))],
			keys: () => peers.members().map(({id}) => id),
		}),
		createReconcileLoop({
			...options, name: 'assignment', concurrency: 32, reconcile: assignments.reconcile,
			sources: [ordered(options), relinked(options, assignments.forget)],
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
			sources: [observed(options, reports.ended), peers.changes.pipe(filter(({kind}) => kind === 'connected'), tap(({id}) => reports.forget(id)), map(({id}) => id))],
			keys: () => ownersServed(store, self),
		}),
		createReconcileLoop({
			...options, name: 'inquiry', concurrency: 8, reconcile: createInquiries({...options, hearReport, lost: assignments.forget}),
			sources: [peers.changes.pipe(filter(({kind}) => kind === 'connected' || kind === 'heard'), map(({id}) => id))],
			keys: () => peers.members().map(({id}) => id),
		}),
	];
	const grants = new LeaseGrants(options);
	return {
		loops, acceptance: createAcceptance(options), hearReport, leases: grants, held,
		copyNow: async (nodeId, signal) => {
			await copies(nodeId, signal);
		},
		adopt: async nodeId => {
			grants.takenOver();
			const names = await adoptFrom(nodeId, options);
			grants.takenOver();
			return names;
		},
	};
}

/** Own Instances bound elsewhere, as they change. */
function ordered({store, self}: FleetOptions): Observable<string> {
	return store.changes({kind: 'Instance'}).pipe(
		filter(({object}) => isOwnedBy(object, self.id) && !isBoundTo(object, self)),
		map(({object}) => keyText(keyOf(object))),
	);
}

/** All of them on a node whose link was opened anew, or that is a member no longer. */
function relinked({store, self, peers}: FleetOptions, forget: (nodeId: string) => void): Observable<string> {
	return peers.changes.pipe(
		filter(({kind}) => kind === 'connected' || kind === 'joined' || kind === 'forgotten'),
		tap(({id}) => forget(id)),
		mergeMap(({id}) => from(store.lookup('Instance', 'node', id).filter(instance => isOwnedBy(instance, self.id)).map(instance => keyText(keyOf(instance))))),
	);
}

/** Owners to whom something kept for them has happened. */
function observed({store, self, looks}: FleetOptions, ended: ReturnType<typeof createReports>['ended']): Observable<string> {
	const kept = store.changes({kind: 'Instance'}).pipe(filter(({object}) => isBoundTo(object, self) && !isOwnedBy(object, self.id)));
	const told = kept.pipe(mergeMap(change => {
		const owner = change.type === 'deleted' ? ended(change.object) : ownershipOf(change.object).owner;
		return owner === undefined ? [] : [owner];
	}));
	const looked = looks.first.pipe(mergeMap(uid => store.lookup('Instance', 'uid', uid).filter(instance => isBoundTo(instance, self) && !isOwnedBy(instance, self.id)).flatMap(instance => ownershipOf(instance).owner ?? [])));
	return merge(told, looked);
}
