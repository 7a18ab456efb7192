import type {ApiObject} from '../../api/client/client.js';
import {listAt, numberAt, textAt} from '../../api/client/value.js';

/** The kinds that the demos look at. */
export const services = {group: 'motey.io', version: 'v1', plural: 'services', namespaced: true};
export const instances = {group: 'motey.io', version: 'v1', plural: 'instances', namespaced: true};
export const nodes = {group: 'motey.io', version: 'v1', plural: 'nodes', namespaced: false};

/** The instances of a service that run and are ready, by the node they are on, in order. */
export function placesOf(all: readonly ApiObject[], service: string): readonly string[] {
	return all.filter(one => textAt(one, 'spec', 'service') === service && textAt(one, 'status', 'phase') === 'Running' && textAt(one, 'status', 'ready') === 'true')
		.map(one => textAt(one, 'spec', 'nodeName')).toSorted();
}

/** True when the service of this name is there and as ready as it is wanted. */
export function isReady(all: readonly ApiObject[], service: string): boolean {
	const found = all.find(one => one.metadata.name === service);
	return found !== undefined && numberAt(found, 'status', 'readyReplicas') === (numberAt(found, 'spec', 'replicas') ?? 1);
}

/** True when the service of this name is there, and its node says that the present wish is fulfilled. */
export function isFulfilled(all: readonly ApiObject[], service: string): boolean {
	const found = all.find(one => one.metadata.name === service);
	return found !== undefined && numberAt(found, 'status', 'observedGeneration') === numberAt(found, 'metadata', 'generation') && isTrue(found, 'Ready');
}

/** True when the node of this name is heard and ready. */
export function isHeard(all: readonly ApiObject[], node: string): boolean {
	return isTrue(all.find(one => one.metadata.name === node), 'Ready');
}

const isTrue = (object: ApiObject | undefined, condition: string): boolean => listAt(object, 'status', 'conditions').some(one => textAt(one, 'type') === condition && textAt(one, 'status') === 'True');
