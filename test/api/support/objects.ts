import {instanceName, type Instance} from '../../../store/resources/instance.js';
import {templateOf} from '../../../store/resources/image.js';
import type {Node} from '../../../store/resources/node.js';
import type {Service} from '../../../store/resources/service.js';

const createdAt = '2026-11-21T12:00:00Z';
const meta = {uid: '', resourceVersion: '0', generation: 1, creationTimestamp: createdAt};

/** The node `edge_01`, ready. */
export function edgeNode(): Node {
	return {
		apiVersion: 'motey.io/v1', kind: 'Node', metadata: {...meta, name: 'edge_01'}, spec: {},
		status: {
			id: 'node-id',
			conditions: [{type: 'Ready', status: 'True', reason: 'Ready', message: 'all well', lastTransitionTime: createdAt}],
			addresses: ['192.0.2.7', 'edge-01.example'],
			engines: [{name: 'docker', version: '20.10.24', healthy: true}],
			capabilities: [{capability: 'docker', capability_type: 'engine', source: 'engine'}],
			capacity: {cpu: '4', memory: '8Gi'}, reserved: {cpu: '0', memory: '0'},
			info: {version: '0.1.0', os: 'linux', architecture: 'amd64', kernel: '6.1'},
			lastHeardAt: createdAt,
		},
	};
}

/** A Service of one image, labelled `app=NAME`. */
export function serviceOf(name: string, {namespace = 'default', replicas = 2, image = 'nginx'}: {namespace?: string; replicas?: number; image?: string} = {}): Service {
	return {
		apiVersion: 'motey.io/v1', kind: 'Service', metadata: {...meta, name, namespace, labels: {app: name}},
		spec: {replicas, images: [{name: image, image}]},
	};
}

/** An Instance of a stored Service, ready unless said otherwise. */
export function instanceOf(service: Service, slot: number, {ready = true, observedGeneration = 1}: {ready?: boolean; observedGeneration?: number} = {}): Instance {
	const [entry] = service.spec.images;
	const name = instanceName({service: service.metadata.name, image: entry!.name, slot, binding: 1});
	return {
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {
			...meta, name, namespace: service.metadata.namespace ?? 'default',
			labels: {...service.metadata.labels, 'motey.io/service': service.metadata.name, 'motey.io/image': entry!.name},
			ownerReferences: [{apiVersion: 'motey.io/v1', kind: 'Service', name: service.metadata.name, uid: service.metadata.uid, controller: true}],
		},
		spec: {service: service.metadata.name, image: templateOf(entry!, 'docker'), slot, binding: 1, nodeName: 'edge_01', specHash: 'hash', fence: 1},
		status: {
			phase: ready ? 'Running' : 'Starting', reason: '', message: '', ready, restarts: 0, engineId: `engine-${slot}`,
			conditions: [{type: 'Ready', status: ready ? 'True' : 'False', reason: 'Running', message: '', observedGeneration, lastTransitionTime: createdAt}],
		},
	};
}
