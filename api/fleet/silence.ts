import type {FleetMember} from '../ports/fleet.js';

/** After this silence, in milliseconds, a member is not asked any more: it would keep whoever asks waiting. */
const suspectedAfterMs = 4000;
/** After this silence, in milliseconds, a member is no longer seen. */
const silentAfterMs = 10_000;

/** True for a member that can be expected to answer. */
export function isReachable({connected, silentMs}: FleetMember): boolean {
	return connected && silentMs < suspectedAfterMs;
}

/** True for a node that sees fewer than half of the members, itself counted. A node in no cluster is never isolated. */
export function isIsolated(others: readonly FleetMember[]): boolean {
	const seen = others.filter(({silentMs}) => silentMs < silentAfterMs).length + 1;
	return seen * 2 < others.length + 1;
}
