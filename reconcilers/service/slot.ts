import type {ImageEntry} from '../../store/resources/image.js';
import type {Instance} from '../../store/resources/instance.js';
import {containerFinalizer, holds, isDeleting, slotFinalizer} from '../finalizers.js';
import {silentAfterMs, suspectedAfterMs, whereaboutsOf} from './fleet.js';
import type {FleetView, Whereabouts} from './fleet.js';

/** One Instance of a slot, and where it is. */
export interface Binding {
	readonly instance: Instance;
	readonly where: Whereabouts;
}

/** One wanted Instance of an image, with everything that was ever bound for it and is not gone yet. */
export interface Slot {
	readonly entry: ImageEntry;
	readonly slot: number;
	/** Oldest first. */
	readonly bindings: readonly Binding[];
	/** The only node it may be on, when there is to be one on each: its name. */
	readonly nodeName?: string;
}

/** The bindings of a slot, oldest first. */
export function bindingsOf(instances: readonly Instance[], fleet: FleetView): readonly Binding[] {
	return instances.map(instance => ({instance, where: whereaboutsOf(instance, fleet)})).sort((a, b) => a.instance.spec.binding - b.instance.spec.binding);
}

/** Not to be ended, and on a node that counts. */
export const isLive = ({instance, where}: Binding): boolean => !isDeleting(instance) && where.kind !== 'forgotten';

/** A container of it may run: nobody has confirmed its end, and its node was not forgotten. */
export const isOpen = ({instance, where}: Binding): boolean => where.kind !== 'forgotten' && (!isDeleting(instance) || holds(instance, containerFinalizer));

/** On a node whose word is fresh, or of which nothing is known that would count against it; or done, which no silence undoes. */
export const isPresent = ({instance, where}: Binding): boolean => where.kind !== 'forgotten' && (where.kind !== 'silent' || instance.status?.phase === 'Terminated');

/** It has ended, and its record stays until its slot is filled anew. */
export const isSpent = ({instance}: Binding): boolean => isDeleting(instance) && !holds(instance, containerFinalizer) && holds(instance, slotFinalizer);

/** When its node will count as silent if nothing is heard of it until then, in milliseconds; undefined while it is heard. */
export function untilSilentMs({where}: Binding): number | undefined {
	return where.kind === 'heard' && where.silentMs >= suspectedAfterMs ? silentAfterMs - where.silentMs : undefined;
}
