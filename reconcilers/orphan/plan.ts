import type {Instance} from '../../store/resources/instance.js';
import type {Observation} from '../ports/engine.js';

/** What is known of the Instances: those there are, and uids whose deletion was seen. */
export interface OrphanView {
	readonly observations: readonly Observation[];
	readonly hasInstance: (uid: string) => boolean;
	readonly wasDeleted: (uid: string) => boolean;
	/** The Instances in the same slot. */
	readonly inSlotOf: (observation: Observation) => readonly Instance[];
}

/** What is ours by its label and nobody's by the store. */
export interface OrphanPlan {
	/** Their end is on record: a deletion, or a newer binding of their slot. */
	readonly end: readonly Observation[];
	/** Nothing says that they should not run: they keep running and are reported. */
	readonly report: readonly Observation[];
}

/** Absence is never read as deletion: only a positive record ends anything. */
export function planOrphans({observations, hasInstance, wasDeleted, inSlotOf}: OrphanView): OrphanPlan {
	const orphans = observations.filter(observation => !hasInstance(observation.uid));
	const isOver = (one: Observation): boolean => wasDeleted(one.uid) || inSlotOf(one).some(instance => instance.spec.binding > one.binding);
	return {end: orphans.filter(isOver), report: orphans.filter(one => !isOver(one))};
}
