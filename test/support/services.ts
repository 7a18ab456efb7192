import {eventually} from './eventually.js';
import {testImages} from './images.js';
import type {NodeProcess} from './node-process.js';

/** Path of the Services of the default namespace. */
export const servicesPath = '/apis/motey.io/v1/namespaces/default/services';
/** Path of the Instances of the default namespace. */
export const instancesPath = '/apis/motey.io/v1/namespaces/default/instances';

/** A Service of one image that idles, unless told otherwise. */
export function serviceOf(name: string, {replicas = 1, image = {}}: {replicas?: number; image?: Record<string, unknown>} = {}): {apiVersion: string; kind: string; metadata: {name: string}; spec: {replicas: number; images: Record<string, unknown>[]}} {
	return {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {replicas, images: [{name: 'main', image: testImages.busybox, stopGraceSeconds: 1, ...image}]}};
}

/** Waits until a Service has as many ready replicas. */
export async function whenReady(node: NodeProcess, name: string, replicas = 1): Promise<void> {
	await eventually(async () => {
		const {status, metadata} = await node.call('GET', `${servicesPath}/${name}`);
		return status?.readyReplicas === replicas && status.observedGeneration === metadata.generation;
	}, {withinMs: 90_000, what: `${replicas} of ${name} to be ready`});
}
