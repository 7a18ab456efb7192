import type {Workload} from '../../../reconcilers/ports/engine.js';

/** Labels that make a container ours, say which slot it fills and from which desired state it was made. Never changed within a major version. */
export const labels = {
	node: 'motey.io/node',
	namespace: 'motey.io/namespace',
	service: 'motey.io/service',
	image: 'motey.io/image',
	instance: 'motey.io/instance',
	slot: 'motey.io/slot',
	binding: 'motey.io/binding',
	uid: 'motey.io/uid',
	specHash: 'motey.io/spec-hash',
	fence: 'motey.io/fence',
	/** Which limits come from `parameters`, so that their absence from `resources` is not taken for a removal. */
	parameterLimits: 'motey.io/parameter-limits',
} as const;

/** The labels of the container that runs `workload` on the node with the id `nodeId`. */
export function workloadLabels(workload: Workload, nodeId: string): Readonly<Record<string, string>> {
	return {
		[labels.node]: nodeId,
		[labels.namespace]: workload.namespace,
		[labels.service]: workload.service,
		[labels.image]: workload.template.name,
		[labels.instance]: workload.instance,
		[labels.slot]: String(workload.slot),
		[labels.binding]: String(workload.binding),
		[labels.uid]: workload.uid,
		[labels.specHash]: workload.specHash,
		[labels.fence]: String(workload.fence),
	};
}
