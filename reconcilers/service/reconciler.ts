import {isDeepStrictEqual} from 'node:util';
import {parseKey} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import type {ObjectMeta} from '../../store/resources/meta.js';
import type {Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import {containerFinalizer, foregroundFinalizer, instancesFinalizer, isDeleting, slotFinalizer, withoutFinalizers} from '../finalizers.js';
import {done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import {amountsOf, sumOf} from '../placement/quantity.js';
import type {Candidate} from '../placement/candidate.js';
import type {Clock} from '../ports/clock.js';
import {timestamp} from '../timestamp.js';
import {planService} from './plan.js';
import type {ServiceAction, ServiceView} from './plan.js';
import {tellService} from './story.js';
import {statusOf} from './status.js';

/** What the service reconciler needs. */
export interface ServiceReconcilerOptions {
	readonly store: Store;
	/** Name of the own Node object. */
	readonly nodeName: string;
	readonly clock: Clock;
	readonly recorder: Recorder;
}

/** Looks at one Service (`namespace/name`): one transaction for everything that follows from it, its status included. */
export function createServiceReconciler(options: ServiceReconcilerOptions): (key: string) => Promise<Outcome> {
	const {store, recorder} = options;
	return async key => {
		const before = store.get('Service', parseKey(key));
		if (!before) return done;
		const result = await store.transact(transaction => reconcileIn(transaction, before, options));
		if (result) tellService(recorder, before, result);
		return done;
	};
}

/** What a reconcile changed, for the story. `created` carries the uids the store gave. */
export interface ServiceChange {
	readonly after: Service;
	readonly created: readonly Instance[];
	readonly actions: readonly ServiceAction[];
}

function reconcileIn(transaction: Transaction, {metadata: {namespace = '', name}}: Service, options: ServiceReconcilerOptions): ServiceChange | undefined {
	const service = transaction.get('Service', {namespace, name});
	if (!service) return undefined;
	const view = viewOf(transaction, service, options);
	const plan = planService(view);
	const now = timestamp(options.clock.now());
	const created = plan.actions.flatMap(action => perform(transaction, service, {action, now}));
	const instances = transaction.lookup('Instance', 'owner', service.metadata.uid);
	const status = statusOf({service, instances, plan, now});
	const withStatus = isDeepStrictEqual(status, service.status) ? service : {...service, status};
	const next = isDeleting(service) && instances.length === 0 ? withoutFinalizers(withStatus, instancesFinalizer, foregroundFinalizer) : withStatus;
	const after = next === service ? service : transaction.put(next);
	return {after, created, actions: plan.actions};
}

function viewOf(transaction: Transaction, service: Service, {store, nodeName}: ServiceReconcilerOptions): ServiceView {
	const {uid, namespace = ''} = service.metadata;
	return {
		service,
		instances: transaction.lookup('Instance', 'owner', uid),
		candidates: () => store.list('Node').items.map((node): Candidate => ({
			node,
			own: node.metadata.name === nodeName,
			reserved: asksForRoom(service) ? sumOf(transaction.lookup('Instance', 'node', node.metadata.name).map(one => amountsOf(one.spec.image.resources))) : amountsOf({}),
		})),
		isForeign: name => {
			const holder = transaction.get('Instance', {namespace, name});
			return holder !== undefined && !(holder.metadata.ownerReferences ?? []).some(reference => reference.uid === uid);
		},
	};
}

/** What is promised on a node is only added up for those who ask for a share. */
const asksForRoom = (service: Service): boolean => service.spec.images.some(image => image.resources !== undefined);

function perform(transaction: Transaction, service: Service, {action, now}: {action: ServiceAction; now: string}): readonly Instance[] {
	switch (action.do) {
		case 'create':
			return [transaction.put<Instance>({apiVersion: 'motey.io/v1', kind: 'Instance', metadata: metadataOf(service, {name: action.name, labels: action.labels, now}), spec: action.spec})];
		case 'update': {
			const {instance, spec, labels} = action;
			transaction.put<Instance>({...instance, metadata: {...instance.metadata, labels}, spec});
			return [];
		}
		case 'end': {
			const ending = {...action.instance, metadata: {...action.instance.metadata, deletionTimestamp: now}};
			transaction.put<Instance>(action.refill ? ending : withoutFinalizers(ending, slotFinalizer));
			return [];
		}
		case 'release':
			transaction.put<Instance>(withoutFinalizers(action.instance, slotFinalizer));
			return [];
		default:
			return action satisfies never;
	}
}

/** `uid`, `resourceVersion`, `generation` and `creationTimestamp` are the store's: it replaces what stands here. */
function metadataOf(service: Service, {name, labels, now}: {name: string; labels: Readonly<Record<string, string>>; now: string}): ObjectMeta {
	const {metadata, apiVersion, kind} = service;
	return {
		name,
		...(metadata.namespace === undefined ? {} : {namespace: metadata.namespace}),
		uid: '', resourceVersion: '', generation: 1, creationTimestamp: now,
		labels,
		finalizers: [containerFinalizer, slotFinalizer],
		ownerReferences: [{apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true}],
	};
}
