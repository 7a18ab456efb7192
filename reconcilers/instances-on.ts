import {isBoundTo} from '../store/resources/instance.js';
import type {Instance} from '../store/resources/instance.js';
import type {Transaction} from '../store/store.js';

/** Every Instance bound to a node, whoever owns it and under whatever name the node had then; not those of another node of the same name. */
export function instancesOn(reader: Pick<Transaction, 'lookup'>, node: {readonly id: string; readonly name: string}): readonly Instance[] {
	const named = reader.lookup('Instance', 'node', node.name).filter(instance => isBoundTo(instance, node));
	const before = reader.lookup('Instance', 'node', node.id).filter(instance => isBoundTo(instance, node) && instance.spec.nodeName !== node.name);
	return before.length === 0 ? named : [...named, ...before];
}
