import {z} from 'zod';
import type {LocalNode} from '../../api/ports/node.js';
import type {Node} from '../../store/resources/node.js';
import type {Store} from '../../store/store.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';

const nothing = z.strictObject({});

/** What a node tells of itself to whoever may ask it: programs of its host and other members. Nothing of it is secret. */
export function nodeActions({store, node}: {readonly store: Store; readonly node: Pick<LocalNode, 'name' | 'id' | 'version' | 'statistics' | 'ports'>}): readonly Builtin[] {
	const own = (): Node | undefined => store.get('Node', {namespace: '', name: node.name});
	return [
		builtin({
			service: 'node', action: 'node.status', summary: 'tell who this node is and how it is', schema: nothing,
			handle: async () => Promise.resolve({id: node.id, name: node.name, version: node.version, conditions: own()?.status?.conditions ?? []}),
		}),
		builtin({
			service: 'node', action: 'node.stats', summary: 'tell the use of this host, as sampled at most some seconds ago', schema: nothing,
			handle: async () => node.statistics(),
		}),
		builtin({
			service: 'node', action: 'node.ports', summary: 'tell where this node listens', schema: nothing,
			handle: async () => Promise.resolve({ports: node.ports()}),
		}),
		builtin({
			service: 'capabilities', action: 'capability.list', summary: 'list what this node can do', schema: nothing,
			handle: async () => Promise.resolve({capabilities: own()?.status?.capabilities ?? []}),
		}),
		builtin({
			service: 'val', action: 'engine.list', summary: 'list the engines of this node', schema: nothing,
			handle: async () => Promise.resolve({engines: own()?.status?.engines ?? []}),
		}),
	];
}
