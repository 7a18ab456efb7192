import {isIP} from 'node:net';
import {map} from 'rxjs';
import type {Condition} from '../../../store/resources/condition.js';
import type {Node} from '../../../store/resources/node.js';
import type {Store} from '../../../store/store.js';
import {ageText} from '../age.js';
import type {ApiObject, Readable} from '../readable.js';
import {servedResource} from './served.js';

/** A Node in the shape of core/v1, as far as Kubernetes clients read it. */
export interface CoreNode extends ApiObject {
	readonly spec: {readonly unschedulable?: boolean};
	readonly status: {
		readonly capacity: Readonly<Record<string, string>>;
		readonly allocatable: Readonly<Record<string, string>>;
		readonly conditions: readonly Readonly<Record<string, string>>[];
		readonly addresses: readonly {readonly type: string; readonly address: string}[];
		readonly nodeInfo: Readonly<Record<string, string>>;
	};
}

/** Our Nodes once more as core/v1 Nodes, read-only. */
export function coreNodes(store: Store): Readable<CoreNode> {
	const known = new WeakMap<Node, CoreNode>();
	// The same object for the same Node: what is derived from it is remembered by identity.
	const view = (node: Node): CoreNode => {
		const made = known.get(node) ?? toCoreNode(node);
		known.set(node, made);
		return made;
	};
	return {
		resource: servedResource('', 'nodes'),
		get: key => {
			const node = store.get('Node', key);
			return node && view(node);
		},
		list: () => {
			const {revision, items} = store.list('Node');
			return {revision, items: items.map(view)};
		},
		changes: since => store.changes({kind: 'Node', ...(since === undefined ? {} : {since})}).pipe(map(change => ({...change, object: view(change.object)}))),
		selectableFields: ['spec.unschedulable'],
		fields: node => ({'spec.unschedulable': String(node.spec.unschedulable ?? false)}),
		cells: (node, now) => [
			node.metadata.name, statusText(node), '<none>', ageText(new Date(node.metadata.creationTimestamp), now),
			node.status.nodeInfo['kubeletVersion'] ?? '', node.status.addresses.find(({type}) => type === 'InternalIP')?.address ?? '<none>',
		],
	};
}

function toCoreNode({metadata, spec, status}: Node): CoreNode {
	const capacity = {...status?.capacity, pods: '1000'};
	return Object.freeze({
		apiVersion: 'v1',
		kind: 'Node',
		metadata,
		spec,
		status: {
			capacity,
			allocatable: capacity,
			conditions: (status?.conditions ?? []).map(condition => coreCondition(condition, status?.lastHeardAt)),
			addresses: [
				...(status?.addresses ?? []).map(address => ({type: isIP(address) ? 'InternalIP' : 'InternalDNS', address})),
				{type: 'Hostname', address: metadata.name},
			],
			nodeInfo: {
				kubeletVersion: status?.info.version ?? '', kubeProxyVersion: '', operatingSystem: status?.info.os ?? '', osImage: status?.info.os ?? '',
				architecture: goArchitecture(status?.info.architecture ?? ''), kernelVersion: status?.info.kernel ?? '', machineID: status?.id ?? '', systemUUID: status?.id ?? '', bootID: '',
				containerRuntimeVersion: (status?.engines ?? []).map(({name, version}) => `${name}://${version}`).join(','),
			},
		},
	});
}

/** Kubernetes names processors as Go does, Node as its own build does. */
function goArchitecture(architecture: string): string {
	return architecture === 'x64' ? 'amd64' : architecture === 'ia32' ? '386' : architecture;
}

function coreCondition({type, status, reason, message, lastTransitionTime}: Condition, lastHeardAt: string | undefined): Readonly<Record<string, string>> {
	return {type, status, reason, message, lastTransitionTime, lastHeartbeatTime: lastHeardAt ?? lastTransitionTime};
}

function statusText({spec, status}: CoreNode): string {
	const ready = status.conditions.find(condition => condition['type'] === 'Ready')?.['status'];
	const text = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady';
	return spec.unschedulable === true ? `${text},SchedulingDisabled` : text;
}
