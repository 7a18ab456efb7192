import {keyOf} from '../../store/resources/kinds.js';
import type {Instance} from '../../store/resources/instance.js';
import type {ObjectMeta} from '../../store/resources/meta.js';
import type {Service} from '../../store/resources/service.js';
import type {Transaction} from '../../store/store.js';
import {yieldName} from '../copies/put-named.js';
import {containerFinalizer, slotFinalizer, withoutFinalizers} from '../finalizers.js';
import type {ServiceAction} from './view.js';

/** Carries out one action of a plan; the Instance it created, with the uid the store gave it. `now` is RFC 3339. */
export function perform(transaction: Transaction, service: Service, {action, now}: {action: ServiceAction; now: string}): readonly Instance[] {
	if (action.do === 'create') {
		const {name, spec, labels} = action;
		// Left of a Service of the same name that was created elsewhere while the nodes were apart: it runs on, found by its uid.
		const holder = transaction.get('Instance', {namespace: service.metadata.namespace ?? '', name});
		if (holder) yieldName(transaction, holder);
		return [transaction.put<Instance>({apiVersion: 'motey.io/v1', kind: 'Instance', metadata: metadataOf(service, {name, labels, now}), spec})];
	}
	// An earlier action of the same plan may have changed it.
	const instance = transaction.get('Instance', keyOf(action.instance)) ?? action.instance;
	const next = changed(instance, action, now);
	if (next !== instance) transaction.put<Instance>(next);
	return [];
}

function changed(instance: Instance, action: Exclude<ServiceAction, {do: 'create'}>, now: string): Instance {
	const ending: Instance = {...instance, metadata: {...instance.metadata, deletionTimestamp: instance.metadata.deletionTimestamp ?? now}};
	switch (action.do) {
		case 'update': return {...instance, metadata: {...instance.metadata, labels: action.labels}, spec: action.spec};
		case 'end': return action.refill ? ending : withoutFinalizers(ending, slotFinalizer);
		case 'release': return withoutFinalizers(instance, slotFinalizer);
		case 'confirm': return action.refill ? withoutFinalizers(ending, containerFinalizer) : withoutFinalizers(ending, containerFinalizer, slotFinalizer);
		case 'mark': return {...instance, status: action.status};
		default: return action satisfies never;
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
