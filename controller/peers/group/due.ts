import {askedDueMs} from './asking.js';
import {motionDueMs} from './motions.js';
import type {GroupState} from './state.js';

/** When the next `tick` is due at the latest, on the clock of the steps. */
export function dueMs(state: GroupState): number {
	const {beatAtMs, electionAtMs, role, plans, asked} = state;
	const times = [beatAtMs];
	if (role.kind === 'leader') for (const motion of role.motions.values()) times.push(motionDueMs(motion));
	else times.push(electionAtMs);
	for (const plan of plans.values()) if (plan.state === 'committed') times.push(plan.atMs);
	for (const one of asked.values()) times.push(askedDueMs(state, one));
	return Math.min(...times);
}
