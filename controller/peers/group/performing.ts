import {leaderClock} from './asking.js';
import type {BodyOf, Message} from './messages.js';
import {latestPerformanceMs} from './periods.js';
import type {GroupState, Plan} from './state.js';
import {inTurn, sending, still, telling, withEntry, type Move, type Turn} from './turn.js';

/** The leader says that an action is accepted: it is performed at its instant, whatever becomes of the leader until then. */
export function onCommit(state: GroupState, {from, term}: Message, {id}: BodyOf<'commit'>): Turn {
	const plan = state.plans.get(id);
	if (plan === undefined || term !== state.durable.term) return still(state);
	if (plan.state === 'performed' || plan.state === 'missed') return reported(state, id, from);
	if (plan.state === 'aborted') return still(state);
	return sending(withPlan(state, id, {...plan, state: 'committed'}), from, {type: 'committed', id});
}

/** The leader calls an action off. */
export function onAbort(state: GroupState, {term}: Message, {id}: BodyOf<'abort'>): Turn {
	const plan = state.plans.get(id);
	if (plan === undefined || term !== state.durable.term || (plan.state !== 'agreed' && plan.state !== 'committed')) return still(state);
	return still(withPlan(state, id, {...plan, state: 'aborted'}));
}

/** Performs what is due. What is found due too late, as after a standstill, is missed and not performed. */
export function performDue(state: GroupState, nowMs: number): Turn {
	return inTurn(state, ...[...state.plans].filter(([, plan]) => plan.state === 'committed' && nowMs >= plan.atMs).map(([id, plan]): Move => current => {
		const {action, atMs, boundMs, leader} = plan;
		const deviationMs = nowMs - atMs;
		const isMissed = deviationMs > latestPerformanceMs;
		const next = withPlan(current, id, {...plan, state: isMissed ? 'missed' : 'performed', deviationMs});
		return inTurn(next, it => (isMissed ? still(it) : telling(it, {type: 'act', id, action, deviationMs, boundMs})), it => reported(it, id, leader));
	}));
}

/** With a better idea of the leader's clock, the instants of what it asked for in this term are moved. */
export function replan(state: GroupState, nowMs: number): GroupState {
	const clock = leaderClock(state, nowMs);
	const {leader, durable: {term}} = state;
	if (clock === undefined || leader === undefined) return state;
	return [...state.plans].reduce((current, [id, plan]) => {
		const isOpen = plan.leader === leader && plan.term === term && (plan.state === 'agreed' || plan.state === 'committed');
		return isOpen ? withPlan(current, id, {...plan, atMs: plan.leaderAtMs - clock.offsetMs, boundMs: clock.boundMs}) : current;
	}, state);
}

function reported(state: GroupState, id: string, to: string): Turn {
	const plan = state.plans.get(id);
	if (plan === undefined) return still(state);
	return sending(state, to, {type: 'performed', id, performed: plan.state === 'performed', deviationMs: plan.deviationMs, boundMs: plan.boundMs});
}

const withPlan = (state: GroupState, id: string, plan: Plan): GroupState => ({...state, plans: withEntry(state.plans, id, plan)});
