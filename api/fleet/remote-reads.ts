import {isBoundTo, type Instance} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import type {Exchange, Handler} from '../kubernetes/exchange.js';
import type {Readable} from '../kubernetes/readable.js';
import {readText} from '../kubernetes/read-document.js';
import type {ApiLimits} from '../ports/limits.js';
import {methodOf} from '../request-line.js';
import {notFound} from '../status.js';
import type {Forwarding} from './forwarding.js';
import {pathByUid} from './owned-writes.js';

/** What only the node can tell that runs an Instance, through whichever node it is asked: streamed from there, not from the Instance's owner. */
export function atExecutor(instances: Readable<Instance>, local: Handler, forwarding: Forwarding): Handler {
	return exchange => {
		const remote = executorOf(instances, exchange, forwarding);
		const {accept} = exchange.request.headers;
		return remote ? forwarding.stream({...remote, method: 'GET', ...(accept === undefined ? {} : {accept})}, exchange) : local(exchange);
	};
}

/** The node that runs an Instance, when it is another. */
function executorOf(instances: Readable<Instance>, exchange: Exchange, {fleet}: Forwarding): {readonly nodeId: string; readonly role: string; readonly path: string} | undefined {
	const instance = instances.get({namespace: exchange.namespace ?? '', name: exchange.name});
	if (!instance || isBoundTo(instance, fleet.self)) return undefined;
	const {metadata: {name, uid}, spec: {nodeId, nodeName}} = instance;
	const id = nodeId ?? fleet.members().find(member => member.name === nodeName)?.id ?? nodeName;
	return {nodeId: id, role: `runs instances.motey.io "${name}"`, path: pathByUid(exchange, uid)};
}

/** What is done inside of an Instance, on the node that runs it. */
export function doneAtExecutor(instances: Readable<Instance>, local: Handler, {forwarding, limits}: {readonly forwarding: Forwarding; readonly limits: ApiLimits}): Handler {
	return async exchange => {
		const remote = executorOf(instances, exchange, forwarding);
		if (!remote) return local(exchange);
		const {type, text} = await readText(exchange.request, limits);
		return forwarding.stream({...remote, method: methodOf(exchange.request), type, body: text}, exchange);
	};
}

/** What only a node itself can tell of it, or do with what it keeps, through whichever node it is asked. */
export function atNode(nodes: Readable<Node>, local: Handler, forwarding: Forwarding): Handler {
	const {fleet} = forwarding;
	return exchange => {
		const node = nodes.get({namespace: '', name: exchange.name});
		if (!node) throw notFound(nodes.resource, exchange.name);
		const id = nodeIdOf(node, fleet.self.id);
		if (id === fleet.self.id) return local(exchange);
		return forwarding.stream({nodeId: id, role: 'alone can tell this of itself', ...readOf(exchange, node.metadata.uid), method: methodOf(exchange.request) === 'DELETE' ? 'DELETE' : 'GET'}, exchange);
	};
}

/** The id of the node that a Node is about, which owns it: only a node itself writes its own. `selfId` for what a lone node stored. */
export function nodeIdOf(node: Node, selfId: string): string {
	return ownershipOf(node).owner ?? selfId;
}

function readOf(exchange: Exchange, uid: string): {readonly path: string; readonly accept?: string} {
	const {accept} = exchange.request.headers;
	return {path: pathByUid(exchange, uid), ...(accept === undefined ? {} : {accept})};
}
