import type {Node, NodeSpec} from '../../../store/resources/node.js';
import type {Candidate} from '../../../reconcilers/placement/candidate.js';
import {amountsOf} from '../../../reconcilers/placement/quantity.js';

type Status = NonNullable<Node['status']>;
type NodeChanges = Partial<Omit<Status, 'reserved'>> & NodeSpec & {readonly labels?: Readonly<Record<string, string>>};

/** A Node that is ready and has a docker engine. Its id is `id-<name>`. */
export function nodeNamed(name: string, {unschedulable, drain, labels = {}, ...status}: NodeChanges = {}): Node {
	return {
		apiVersion: 'motey.io/v1', kind: 'Node', spec: {...(unschedulable === undefined ? {} : {unschedulable}), ...(drain === undefined ? {} : {drain})},
		metadata: {name, uid: name, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', labels},
		status: {
			id: `id-${name}`, addresses: [`10.0.0.${name.length}`], engines: [{name: 'docker', version: '1', healthy: true}], capabilities: [],
			conditions: [{type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime: '2026-01-01T00:00:00Z'}],
			capacity: {cpu: '4', memory: '1Gi'}, reserved: {cpu: '0', memory: '0'}, info: {version: '', os: '', architecture: '', kernel: ''}, ...status,
		},
	};
}

/** That Node with what is promised on it. */
export function candidate(name: string, {own = false, voice = 'heard', reserved = {cpuMillis: 0, memoryBytes: 0}, ports = [], alike = {}, ...changes}: NodeChanges & Partial<Omit<Candidate, 'node' | 'capacity'>> = {}): Candidate {
	const node = nodeNamed(name, changes);
	return {own, voice, reserved, ports, alike, node, ...(node.status ? {capacity: amountsOf(node.status.capacity)} : {})};
}
