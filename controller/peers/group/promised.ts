import type {Verdict} from './messages.js';
import type {GroupState} from './state.js';

/** What is said of an action that was accepted, when the leader is lost to whom its reports go: it is not known who performed it. */
export const reportsLost: Verdict = {
	outcome: 'timeout', reason: 'it was accepted, and performed by everybody who was told so; the leader that they report to was lost', votes: [], performances: [],
};

/** Whether this member was told that an action is accepted, and nothing else since. */
export function isPromised({plans}: Pick<GroupState, 'plans'>, id: string): boolean {
	const state = plans.get(id)?.state;
	return state === 'committed' || state === 'performed' || state === 'missed';
}
