import type {Engine, Engines} from '../../reconcilers/ports/engine.js';

/** The engines of a node. */
export interface Registry extends Engines {
	readonly possible: readonly Engine[];
}

/**
 * The engines of a node by name, in order of preference. `isHere` says of which of them that they are there now; all of them unless told. Two of one
 * name are a mistake of whoever wires them, and throw.
 */
export function createEngines(possible: readonly Engine[], isHere: (name: string) => boolean = () => true): Registry {
	const byName = new Map(possible.map(engine => [engine.name, engine]));
	if (byName.size < possible.length) throw new Error(`Two engines have one name: ${possible.map(({name}) => name).join(', ')}`);
	return {
		possible,
		get: name => byName.get(name),
		get all() {
			return possible.filter(({name}) => isHere(name));
		},
	};
}
