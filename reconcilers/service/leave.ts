import {missingCapabilities, missingLabels} from '../placement/filters.js';
import type {Binding} from './slot.js';
import type {ServiceView} from './view.js';

/** Why an Instance may not stay where it is. `end`: at once. `move`: when another node takes it and it is its turn. */
export interface Leave {
	readonly how: 'end' | 'move';
	/** `because its node b is being drained`. */
	readonly because: string;
}

/** Whether a live Instance is to leave its node, of which the word is fresh. What is done stays: elsewhere it would be run once more. */
export function leaveOf({instance, where}: Binding, {service: {spec}, nodeOf}: Pick<ServiceView, 'service' | 'nodeOf'>): Leave | undefined {
	if (where.kind !== 'here' && where.kind !== 'heard') return undefined;
	const node = nodeOf(instance);
	if (node?.status === undefined || instance.status?.phase === 'Terminated') return undefined;
	const {nodeName} = instance.spec;
	const lost = spec.capabilityLoss === 'reschedule' ? missingCapabilities(node, instance.spec.image) : [];
	if (lost.length > 0) return {how: 'end', because: `its node ${nodeName} has lost ${lost.join(', ')}`};
	if (node.spec.drain === true) return {how: 'move', because: `its node ${nodeName} is being drained`};
	const labels = missingLabels(node, spec.placement);
	return labels.length > 0 ? {how: 'move', because: `its node ${nodeName} lacks ${labels.join(', ')}`} : undefined;
}
