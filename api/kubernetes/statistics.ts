import type {Instance} from '../../store/resources/instance.js';
import type {LocalNode} from '../ports/node.js';
import type {Workloads} from '../ports/workloads.js';
import {sendJson} from '../send.js';
import {notFound} from '../status.js';
import type {Handler} from './exchange.js';
import type {Readable} from './readable.js';

/** How long a node or an engine may take to say what it uses. */
const deadlineMs = 8000;

/** `instances/NAME/stats`: what it uses now. Not stored, because it changes every second. */
export function instanceStatistics(instances: Readable<Instance>, workloads: Workloads): Handler {
	return async ({response, namespace = '', name}) => {
		const instance = instances.get({namespace, name});
		if (!instance) throw notFound(instances.resource, name);
		const statistics = await workloads.stats(instance, AbortSignal.timeout(deadlineMs));
		sendJson(response, 200, {kind: 'InstanceStatistics', apiVersion: 'motey.io/v1', metadata: {name, namespace}, ...statistics});
	};
}

/** `nodes/NAME/stats` of this node: what the host uses now. */
export function nodeStatistics(local: LocalNode): Handler {
	return async ({response, name}) => {
		sendJson(response, 200, {kind: 'NodeStatistics', apiVersion: 'motey.io/v1', metadata: {name}, ...await local.statistics()});
	};
}

/** `nodes/NAME/ports` of this node: where it listens, and for what. */
export function nodePorts(local: LocalNode): Handler {
	return ({response, name}) => sendJson(response, 200, {kind: 'NodePorts', apiVersion: 'motey.io/v1', metadata: {name}, items: local.ports()});
}
