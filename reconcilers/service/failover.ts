import {failoverDefaults} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {attendanceOf, movePauseMs, silentAfterMs} from './fleet.js';
import type {FleetView} from './fleet.js';
import type {Binding} from './slot.js';

/**
 * After this time without an answer to its lease an at-most-one Instance elsewhere has ended by itself: 45 s of lease and 10 s of grace, with
 * a tenth for the rate of its clock, and something to spare.
 */
export const leaseOverMs = 75_000;

/** Whether a slot whose every open binding is on a silent node may be bound anew. `because` names who is silent and what lifts the wait. */
export type Permission =
	| {readonly kind: 'may'; readonly nodeId: string}
	| {readonly kind: 'waits'; readonly because: string; readonly againAfterMs?: number};

/** What a permission is decided from. */
export interface FailoverQuestion {
	readonly service: Service;
	/** Bindings of the slot whose end nobody has confirmed: at least one, each on a silent node. */
	readonly open: readonly Binding[];
	readonly fleet: FleetView;
	/** When the lease of an Instance was last answered, monotonic; the start of this agent when it never was. */
	readonly leaseAnsweredMs: (uid: string) => number;
}

/** The failover of a Service with its defaults. */
export const failoverOf = ({spec: {failover}}: Service): {enabled: boolean; afterSeconds: number; maxCopies: number; reconcile: 'keepOriginal' | 'keepReplacement'} => ({...failoverDefaults, ...failover});

/** Decides whether to bind anew. Only the owner asks, so there is one decider. */
export function permissionOf({service, open, fleet, leaseAnsweredMs}: FailoverQuestion): Permission {
	const {enabled, afterSeconds, maxCopies} = failoverOf(service);
	const nodes = namesOf(open);
	const {seen, all, silent} = attendanceOf(fleet);
	const waits = (because: string, againAfterMs?: number): Permission => ({kind: 'waits', because: `${sentenceOf(open)} ${because}`, ...(againAfterMs === undefined ? {} : {againAfterMs})});
	const lifts = `until ${nodes} ${open.length === 1 ? 'returns' : 'return'}, or ${forgetting(open)}`;

	if (!enabled) return waits(`and failover is off: it waits ${lifts}`);
	const leftMs = afterSeconds * 1000 - Math.min(...open.map(silenceOf));
	if (leftMs > 0) return waits(`and is placed anew once that has lasted ${afterSeconds} s`, leftMs);
	if (seen * 2 < all) return waits(`and this node hears only ${seen} of ${all} members, fewer than half: it waits until ${silent.join(', ')} ${silent.length === 1 ? 'returns' : 'return'}, or ${forgetting(open)}`);
	if (open.length >= maxCopies) return waits(`and ${open.length === 1 ? 'one copy' : `${open.length} copies`} may run already, all that failover.maxCopies allows: it waits ${lifts}, or for a higher failover.maxCopies`);
	const leaseLeftMs = service.spec.atMostOne === true ? Math.max(...open.map(({instance}) => leaseAnsweredMs(instance.metadata.uid))) + leaseOverMs - fleet.nowMs : 0;
	if (leaseLeftMs > 0) return waits('and may still hold the lease of an at-most-one instance: it waits until that has run out', leaseLeftMs);
	const newest = open.at(-1);
	const nodeId = newest && nodeOf(newest);
	const {lastMove} = fleet;
	const pauseMs = lastMove === undefined || lastMove.nodeId === nodeId ? 0 : lastMove.atMs + movePauseMs - fleet.nowMs;
	if (pauseMs > 0) return waits(`and the work of another node was just moved: it is next after ${movePauseMs / 1000} s`, pauseMs);
	return {kind: 'may', nodeId: nodeId ?? ''};
}

/** Milliseconds of silence of the node of a binding; 0 while it is not silent. */
const silenceOf = ({where}: Binding): number => (where.kind === 'silent' ? Math.max(where.silentMs, silentAfterMs) : 0);
const nodeOf = ({where}: Binding): string => ('nodeId' in where ? where.nodeId : '');
const namesOf = (bindings: readonly Binding[]): string => [...new Set(bindings.map(({instance}) => instance.spec.nodeName))].join(' or ');
const forgetting = (bindings: readonly Binding[]): string => `is told: motey node forget ${[...new Set(bindings.map(({instance}) => instance.spec.nodeName))].join(' or ')}`;

/** Names what is where: `shop-web-0 is on b, which is silent,`. */
function sentenceOf(bindings: readonly Binding[]): string {
	return bindings.map(({instance: {metadata, spec}}) => `${metadata.name} is on ${spec.nodeName}, which is silent,`).join(' and ');
}
