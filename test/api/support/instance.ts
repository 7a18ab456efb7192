import type {Instance} from '../../../store/resources/instance.js';
import {ImageTemplate} from '../../../store/resources/image.js';
import type {Node} from '../../../store/resources/node.js';

const metadata = {uid: '', resourceVersion: '0', generation: 1, creationTimestamp: '2026-11-21T12:00:00Z'} as const;

/** An Instance as a reconciler would put it. */
export function testInstance(name: string, {phase = 'Running', nodeName = 'edge_01'}: {readonly phase?: 'Running' | 'Pending'; readonly nodeName?: string} = {}): Instance {
	return {
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {...metadata, name, namespace: 'default', labels: {'motey.io/service': 'shop', 'motey.io/image': 'web'}, finalizers: ['motey.io/container']},
		spec: {service: 'shop', image: ImageTemplate.parse({name: 'web', image: 'shop/web:1', engine: 'docker'}), slot: 0, binding: 1, nodeName, specHash: 'h', fence: 1},
		status: {phase, reason: '', message: '', ready: phase === 'Running', restarts: 2, conditions: []},
	};
}

/** A Node as its agent would put it. */
export function testNode(name: string): Node {
	return {
		apiVersion: 'motey.io/v1', kind: 'Node', metadata: {...metadata, name}, spec: {},
		status: {
			id: 'a', conditions: [{type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: metadata.creationTimestamp}], addresses: ['10.0.0.1'], engines: [],
			capabilities: [], capacity: {cpu: '4', memory: '8Gi'}, reserved: {cpu: '0', memory: '0'}, info: {version: '0.1.0', os: 'linux', architecture: 'x64', kernel: '6'},
		},
	};
}
