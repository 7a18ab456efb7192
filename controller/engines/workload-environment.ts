import type {Workload} from '../../reconcilers/ports/engine.js';

/** What every workload can read of itself in its environment, whichever engine runs it. */
export function workloadEnvironment(workload: Workload, nodeName: string): readonly string[] {
	return Object.entries({
		MOTEY_SERVICE: workload.service,
		MOTEY_IMAGE: workload.template.name,
		MOTEY_SLOT: workload.slot,
		MOTEY_INSTANCE: workload.instance,
		MOTEY_NODE: nodeName,
		MOTEY_FENCE: workload.fence,
	}).map(([key, value]) => `${key}=${value}`);
}
