import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import {keyOf} from '../../store/resources/kinds.js';
import type {Node} from '../../store/resources/node.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import type {Transaction} from '../../store/store.js';

/**
 * The Node that this node had under another name: what users said of it is taken along, and the old object goes. Its own Instances here show the
 * new name; nothing is restarted, because they are bound to its id. Undefined when there was none.
 */
export function renamedNode(transaction: Transaction, node: {readonly id: string; readonly name: string}): Pick<Node, 'metadata' | 'spec' | 'status'> | undefined {
	const before = transaction.lookup('Node', 'owned', node.id).find(({status}) => status?.id === node.id);
	if (!before || before.metadata.name === node.name) return undefined;
	transaction.delete('Node', keyOf(before));
	for (const instance of transaction.lookup('Instance', 'node', node.id)) {
		if (isBoundTo(instance, node) && isOwnedBy(instance, node.id) && instance.spec.nodeName !== node.name) {
			transaction.put<Instance>({...instance, spec: {...instance.spec, nodeName: node.name}});
		}
	}
	return {...before, metadata: {...before.metadata, name: node.name}};
}
