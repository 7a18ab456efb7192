import type {LocalNode} from '../../../api/ports/node.js';
import type {Capability} from '../../../store/resources/capability.js';
import type {Store} from '../../../store/store.js';

/** The part of a node's agent that keeps capabilities: in the status of the Node `edge_01`, as the agent does. */
export function keepCapabilities(store: Store): LocalNode['capabilities'] {
	const same = (a: Capability, b: Capability): boolean => a.capability === b.capability && a.capability_type === b.capability_type;
	const change = async (edit: (known: readonly Capability[]) => readonly Capability[]): Promise<boolean> => store.transact(transaction => {
		const node = transaction.get('Node', {namespace: '', name: 'edge_01'});
		if (!node?.status) return false;
		const known = node.status.capabilities.map(({capability, capability_type}) => ({capability, capability_type}));
		const next = edit(known).map(one => ({...one, source: 'rest'}));
		if (next.length === known.length) return false;
		transaction.put({...node, status: {...node.status, capabilities: next}});
		return true;
	});
	return {
		add: async capabilities => change(known => [...known, ...capabilities.filter(one => !known.some(other => same(one, other)))]),
		remove: async capabilities => change(known => known.filter(one => !capabilities.some(other => same(one, other)))),
	};
}
