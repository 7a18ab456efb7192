import {drawn} from './chance.js';
import {inTerm} from './durable.js';
import type {GroupState} from './state.js';

/** Begins to wait for a leader anew, for a time of its own, so that rarely two lose patience at once. */
export function awaitingElection(state: GroupState, nowMs: number): GroupState {
	const {value, seed} = drawn(state.seed);
	const {electionMinMs, electionMaxMs} = state.periods;
	return {...state, seed, electionAtMs: nowMs + electionMinMs + value * (electionMaxMs - electionMinMs)};
}

/** Leads no more, and what went through it as the leader is lost. */
export function steppedDown(state: GroupState, nowMs: number): GroupState {
	return awaitingElection({...state, role: {kind: 'follower'}, leader: undefined}, nowMs);
}

/** In a later term that another told of. Whoever led or stood in the earlier one does so no more. */
export function inLaterTerm(state: GroupState, term: number, nowMs: number): GroupState {
	const next = {...state, durable: inTerm(state.durable, term), leader: undefined};
	return state.role.kind === 'follower' ? next : steppedDown(next, nowMs);
}
