import {containerUid} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Workload} from '../ports/engine.js';

/** What the engine is asked to run for an Instance. The name leaves the binding out: it is the lock of the slot on this node. */
export function workloadOf(instance: Instance, {nodeId}: {readonly nodeId: string}): Workload {
	const {metadata: {namespace = '', name}, spec: {service, image, slot, binding, fence, specHash}} = instance;
	return {
		name: `motey_${namespace}_${service}-${image.name}-${slot}_${nodeId.slice(0, 6)}`,
		namespace, service, instance: name, uid: containerUid(instance), slot, binding, fence, specHash, template: image,
	};
}
