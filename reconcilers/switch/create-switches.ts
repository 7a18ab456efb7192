import type {CallOptions, Engines} from '../ports/engine.js';
import type {ImageSources} from '../ports/image-sources.js';
import type {Log} from '../ports/log.js';
import type {SwitchOrder, SwitchReadiness} from '../ports/switches.js';
import type {HeldSwitches} from './held-switches.js';
import {createSwitchPreparation} from './prepare-switch.js';
import {createSwitchServices, type SwitchServices, type SwitchServicesOptions} from './switch-services.js';

/** What changes at one instant, as a node takes part in it. */
export interface Switches {
	/** Changes Services of this node's own. */
	readonly change: SwitchServices;
	/** Makes ready, for a proven owner, what is to change here, and holds it if it is. */
	accept(order: SwitchOrder, options: CallOptions): Promise<SwitchReadiness>;
	readonly held: HeldSwitches;
}

/** What all of it needs. */
export interface SwitchesOptions extends Omit<SwitchServicesOptions, 'prepareHere'> {
	readonly engines: Engines;
	readonly images: ImageSources;
	readonly log: Log;
	/** Images that are brought at once. */
	readonly width: number;
}

/** The part of a node in changes at one instant. */
export function createSwitches(options: SwitchesOptions): Switches {
	const {held} = options;
	const prepareHere = createSwitchPreparation(options);
	return {
		change: createSwitchServices({...options, prepareHere}),
		async accept(order, {signal}) {
			const readiness = await prepareHere(order, {signal});
			if (readiness.ready) held.hold({order, changes: []});
			return readiness;
		},
		held,
	};
}
