import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {amountsOf, sumOf} from './quantity.js';

/** The candidates after one more is placed on the node with this name, so that the next is placed with that in mind. `by` is what it will be called. */
export function withPromise(candidates: readonly Candidate[], placeable: Placeable, {nodeName, by}: {readonly nodeName: string; readonly by: string}): readonly Candidate[] {
	return candidates.map(candidate => {
		if (candidate.node.metadata.name !== nodeName) return candidate;
		const {name = ''} = placeable;
		const engine = engineFor(candidate.node, placeable);
		const asked = engine === undefined ? [] : placeable.hostPorts?.(engine) ?? [];
		return {
			...candidate,
			reserved: sumOf([candidate.reserved, amountsOf(placeable.resources ?? {})]),
			ports: asked.length === 0 ? candidate.ports : [...candidate.ports, ...asked.map(port => ({...port, by}))],
			alike: {...candidate.alike, [name]: (candidate.alike[name] ?? 0) + 1},
		};
	});
}
