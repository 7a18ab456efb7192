import {serviceDocument, servicesPath, type TestApi} from '../../support/serve.js';

/** Stores Services of the least. */
export async function withServices(api: TestApi, ...names: readonly string[]): Promise<void> {
	for (const name of names) await api.call('POST', servicesPath, {body: serviceDocument(name)});
}

/** An Instance of a Service, as the reconciler would store it. */
export async function withInstance(api: TestApi, service: string, slot: number): Promise<void> {
	await api.store.transact(transaction => transaction.put({
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {name: `${service}-web-${slot}`, namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', labels: {'motey.io/service': service, 'motey.io/image': 'web'}},
		spec: {
			service, slot, binding: 1, nodeName: 'edge_01', specHash: 'x', fence: 1,
			image: {name: 'web', image: 'shop/web:1', engine: 'docker', parameters: {}, capabilities: [], resources: {}, pullPolicy: 'IfNotPresent', restartPolicy: 'Always', restartUnhealthy: true, maxBackoffSeconds: 300, stopGraceSeconds: 10},
		},
		status: {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, conditions: []},
	}));
}
