import type {FleetView} from '../../../reconcilers/service/fleet.js';

/** The fleet as node `here` with id `id-here` hears it: the others by name with the milliseconds of their silence. */
export function fleetOf(silences: Readonly<Record<string, number>> = {}, changes: Partial<FleetView> = {}): FleetView {
	return {
		self: {id: 'id-here', name: 'here'}, isForgotten: () => false, nowMs: 1_000_000,
		members: new Map(Object.entries(silences).map(([name, silentMs]) => [`id-${name}`, {id: `id-${name}`, name, silentMs, doubled: false}])),
		...changes,
	};
}
