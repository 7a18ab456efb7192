import type {Engine, Engines} from '../../reconcilers/ports/engine.js';

/** The engines of a node by name, in order of preference. Two of one name are a mistake of whoever wires them, and throw. */
export function createEngines(engines: readonly Engine[]): Engines {
	const byName = new Map(engines.map(engine => [engine.name, engine]));
	if (byName.size < engines.length) throw new Error(`Two engines have one name: ${engines.map(({name}) => name).join(', ')}`);
	return {get: name => byName.get(name), all: engines};
}
