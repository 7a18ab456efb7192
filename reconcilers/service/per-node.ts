import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance} from '../../store/resources/instance.js';
import {missingCapabilities, missingLabels} from '../placement/filters.js';
import {targetHash} from './draft.js';
import type {Draft} from './draft.js';
import {bindingsOf, isLive, isOpen} from './slot.js';
import type {Binding, Slot} from './slot.js';

/**
 * The slots of an entry of which each fitting node runs one. A slot belongs to its node: it goes when the node is forgotten or may no longer run
 * it, stays while the node is silent, and a node that fits and has none gets the lowest free number.
 */
export function slotsPerNode(entry: ImageEntry, present: ReadonlyMap<number, readonly Instance[]>, draft: Draft): readonly Slot[] {
	const nodes = new Set<string>();
	const kept: Slot[] = [];
	for (const [slot, instances] of [...present].sort(([a], [b]) => a - b)) {
		const bindings = bindingsOf(instances, draft.view.fleet);
		const current = bindings.findLast(isLive) ?? bindings.at(-1);
		const nodeName = current?.instance.spec.nodeName ?? '';
		if (!current || nodes.has(nodeName) || !mayStay(entry, current, {bindings, draft})) continue;
		nodes.add(nodeName);
		kept.push({entry, slot, bindings, nodeName});
	}
	const used = new Set(present.keys());
	const fresh = draft.candidates
		.map(({node}) => node.metadata.name)
		.filter(nodeName => !nodes.has(nodeName) && draft.place(entry, nodeName).kind === 'placed')
		.map((nodeName): Slot => ({entry, slot: lowestFree(used), bindings: [], nodeName}));
	return [...kept, ...fresh];
}

function mayStay(entry: ImageEntry, current: Binding, {bindings, draft}: {readonly bindings: readonly Binding[]; readonly draft: Draft}): boolean {
	const {instance, where} = current;
	if (where.kind === 'forgotten') return false;
	if (where.kind === 'silent' || where.kind === 'stranger') return true;
	if (!isLive(current)) return bindings.some(isOpen) || draft.place(entry, instance.spec.nodeName).kind === 'placed';
	const {service, nodeOf} = draft.view;
	const node = nodeOf(instance);
	if (node?.status === undefined) return true;
	const {metadata: {name}, status: {id, addresses}} = node;
	if (entry.node !== undefined && ![name, id, ...addresses].includes(entry.node)) return false;
	if (missingLabels(node, service.spec.placement).length > 0) return false;
	// A capability that is newly asked for and was never there is no loss.
	const isStrict = service.spec.capabilityLoss === 'reschedule' || instance.spec.specHash !== targetHash(service, entry);
	return !isStrict || missingCapabilities(node, entry).length === 0;
}

function lowestFree(used: Set<number>): number {
	let slot = 0;
	while (used.has(slot)) slot += 1;
	used.add(slot);
	return slot;
}
