import {isDeepStrictEqual} from 'node:util';
import {keyOf, parseKey} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import {adoptionOf, compareOwnership, isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {foregroundFinalizer, instancesFinalizer, isDeleting, withoutFinalizers} from '../finalizers.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import {claimed} from '../copies/adopt.js';
import {putNamed, regainName} from '../copies/put-named.js';
import {unheardBy} from './fleet.js';
import {perform} from './perform.js';
import {planService} from './plan.js';
import {tellService} from './story.js';
import {statusOf} from './status.js';
import {isSpareTwin} from './twin.js';
import type {ServicePlan} from './view.js';
import type {ServiceViews} from './views.js';

/** What the service reconciler needs. */
export interface ServiceReconcilerOptions {
	readonly store: Store;
	/** Id of this node: it decides about the Services that it owns. */
	readonly nodeId: string;
	readonly views: ServiceViews;
	readonly recorder: Recorder;
}

/** Looks at one Service (`namespace/name`) that this node owns: one transaction for everything that follows from it, its status included. */
export function createServiceReconciler({store, nodeId, views, recorder}: ServiceReconcilerOptions): (key: string) => Promise<Outcome> {
	return async key => {
		const before = store.get('Service', parseKey(key));
		if (!before || !isOwnedBy(before, nodeId)) return done;
		const result = await store.transact(transaction => reconcileIn(transaction, before, views));
		if (!result) return done;
		tellService(recorder, before, result);
		return result.plan.againAfterMs === undefined ? done : again(result.plan.againAfterMs);
	};
}

/** What a reconcile changed, for the story. `created` carries the uids the store gave. */
export interface ServiceChange {
	readonly after: Service;
	readonly created: readonly Instance[];
	readonly plan: ServicePlan;
}

function reconcileIn(transaction: Transaction, before: Service, views: ServiceViews): ServiceChange | undefined {
	const found = transaction.get('Service', keyOf(before));
	if (found?.metadata.uid !== before.metadata.uid) return undefined;
	claimStrays(transaction, found);
	const service = withoutTwin(transaction, withName(transaction, found), views);
	const view = views.of(transaction, service);
	const plan = planService(view);
	const {now} = view;
	const created = plan.actions.flatMap(action => perform(transaction, service, {action, now}));
	views.note(plan);
	const instances = transaction.lookup('Instance', 'owner', service.metadata.uid);
	const status = statusOf({service, instances, plan, fleet: view.fleet, now});
	const withStatus = isDeepStrictEqual(status, service.status) ? service : {...service, status};
	const isOver = isDeleting(service) && instances.length === 0 && unheardBy(service, view.fleet).length === 0;
	const next = isOver ? withoutFinalizers(withStatus, instancesFinalizer, foregroundFinalizer) : withStatus;
	const after = next === service ? service : transaction.put(next);
	return {after, created, plan};
}

/** What a former owner bound unheard is this one's, as the Service is. */
function claimStrays(transaction: Transaction, service: Service): void {
	const {owner = '', epoch} = ownershipOf(service);
	if (adoptionOf(service) === undefined) return;
	for (const instance of transaction.lookup('Instance', 'owner', service.metadata.uid)) {
		if (compareOwnership(ownershipOf(service), ownershipOf(instance)) > 0) putNamed(transaction, claimed(instance, {owner, epoch}));
	}
}

/** Of two equal ones of a name, created while apart, the one that lost the name is deleted. */
function withoutTwin(transaction: Transaction, service: Service, views: ServiceViews): Service {
	if (!isSpareTwin(transaction, service)) return service;
	return transaction.put({...service, metadata: {...service.metadata, deletionTimestamp: views.of(transaction, service).now}});
}

/** Whoever lost its name to another created while apart has it back once that one is gone, and starts again what it should run. */
function withName(transaction: Transaction, service: Service): Service {
	for (const instance of transaction.lookup('Instance', 'owner', service.metadata.uid)) if (isOwnedBy(instance, ownershipOf(service).owner ?? '')) regainName(transaction, instance);
	return regainName(transaction, service) ? transaction.lookup('Service', 'uid', service.metadata.uid).at(0) ?? service : service;
}
