import {withCondition} from '../../store/resources/condition.js';
import type {Instance, InstanceStatus} from '../../store/resources/instance.js';
import {whereaboutsOf} from './fleet.js';
import {silentReason} from './surplus.js';
import type {ServiceAction, ServiceView} from './view.js';

/** What the owner says of its Instances on silent nodes: nothing is known of them, unless they are done. The next report of such a node replaces it. */
export function marksOf({instances, fleet, now}: Pick<ServiceView, 'instances' | 'fleet' | 'now'>): readonly ServiceAction[] {
	return instances
		.filter(({status}) => status?.reason !== silentReason && status?.phase !== 'Terminated')
		.filter(instance => whereaboutsOf(instance, fleet).kind === 'silent')
		.map(instance => ({do: 'mark', instance, status: unknownStatus(instance, now)}));
}

function unknownStatus({spec: {nodeName}, status}: Instance, now: string): InstanceStatus {
	const before: InstanceStatus = status ?? {phase: 'Pending', reason: '', message: '', ready: false, restarts: 0, conditions: []};
	const message = `its node ${nodeName} is silent`;
	return {
		...before, phase: 'Unknown', reason: silentReason, message, ready: false,
		conditions: withCondition(before.conditions, {type: 'Ready', status: 'Unknown', reason: silentReason, message}, now),
	};
}
