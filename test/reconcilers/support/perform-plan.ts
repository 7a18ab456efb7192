import {inForce} from '../../../store/resources/files.js';
import type {Instance} from '../../../store/resources/instance.js';
import type {ServiceAction} from '../../../reconcilers/service/view.js';

const container = 'motey.io/container';
const slot = 'motey.io/slot';

/** What the store makes of a plan: the Instances there are afterwards. */
export function performPlan(instances: readonly Instance[], actions: readonly ServiceAction[]): readonly Instance[] {
	const byUid = new Map(instances.map(instance => [instance.metadata.uid, instance]));
	for (const action of actions) {
		const next = action.do === 'create' ? created(action) : changed(byUid.get(action.instance.metadata.uid) ?? action.instance, action);
		if (next.metadata.deletionTimestamp !== undefined && next.metadata.finalizers?.length === 0) byUid.delete(next.metadata.uid);
		else byUid.set(next.metadata.uid, next);
	}
	return [...byUid.values()];
}

function created({name, spec, labels}: Extract<ServiceAction, {do: 'create'}>): Instance {
	return {
		apiVersion: 'motey.io/v1', kind: 'Instance', spec,
		metadata: {name, namespace: 'default', uid: `${name}/${spec.fence}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', labels, finalizers: [container, slot]},
	};
}

function changed(instance: Instance, action: Exclude<ServiceAction, {do: 'create'}>): Instance {
	switch (action.do) {
		case 'update': return {...instance, spec: action.spec, metadata: {...instance.metadata, labels: action.labels}};
		case 'end': return action.refill ? ending(instance) : without(ending(instance), slot);
		case 'release': return without(instance, slot);
		case 'confirm': return action.refill ? without(ending(instance), container) : without(ending(instance), container, slot);
		case 'mark': return {...instance, status: action.status};
		default: return action satisfies never;
	}
}

/** Somebody asked for its end. */
export const ending = (instance: Instance): Instance => ({...instance, metadata: {...instance.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});

/** Without these finalizers. */
export const without = (instance: Instance, ...names: readonly string[]): Instance => ({...instance, metadata: {...instance.metadata, finalizers: (instance.metadata.finalizers ?? []).filter(one => !names.includes(one))}});

/** It runs as its spec says, and is healthy. */
export const ready = (one: Instance): Instance => ({...one, status: {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, specHash: one.spec.specHash, engineId: 'e', conditions: [], ...(one.spec.image.files ? {files: inForce(one.spec.image.files)} : {})}});

/** Its end is confirmed. */
export const ended = (instance: Instance): readonly Instance[] => {
	const next = without(instance, container);
	return next.metadata.finalizers?.length === 0 ? [] : [next];
};

/** What a plan does, as `create s-app-0@b`. */
export const verbsOf = (actions: readonly ServiceAction[]): readonly string[] => actions
	.filter(action => action.do !== 'mark')
	.map(action => `${action.do} ${action.do === 'create' ? `${action.name}@${action.spec.nodeName}` : action.instance.metadata.name}`);
