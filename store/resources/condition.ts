import {z} from 'zod';
import {Timestamp} from './meta.js';

/** One observed fact about an object, in the shape of Kubernetes' `metav1.Condition`. Reasons are CamelCase and part of the API. */
export const Condition = z.strictObject({
	type: z.string(),
	status: z.enum(['True', 'False', 'Unknown']),
	reason: z.string(),
	message: z.string(),
	observedGeneration: z.int().exactOptional(),
	lastTransitionTime: Timestamp,
}).readonly();
export type Condition = z.infer<typeof Condition>;

/** What a reconciler says; the transition time follows from what was said before. */
export type ConditionUpdate = Omit<Condition, 'lastTransitionTime'>;

/**
 * The conditions with `update` in place. The transition time moves only when the status does, and the very same array comes back
 * when nothing changed, so that a writer can compare by reference. `now` is RFC 3339.
 */
export function withCondition(conditions: readonly Condition[], update: ConditionUpdate, now: string): readonly Condition[] {
	const before = conditions.find(condition => condition.type === update.type);
	if (before && sameCondition(before, update)) return conditions;
	const next = {...update, lastTransitionTime: before?.status === update.status ? before.lastTransitionTime : now};
	return before ? conditions.map(condition => (condition === before ? next : condition)) : [...conditions, next];
}

function sameCondition(before: Condition, update: ConditionUpdate): boolean {
	return before.status === update.status && before.reason === update.reason
		&& before.message === update.message && before.observedGeneration === update.observedGeneration;
}
