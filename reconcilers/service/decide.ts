import {failoverOf, leaseOverMs, permissionOf} from './failover.js';
import {leaveOf} from './leave.js';
import {isLive, isOpen, isPresent} from './slot.js';
import type {Binding, Slot} from './slot.js';
import {isServing, survivorOf} from './surplus.js';
import type {ServiceView} from './view.js';

/**
 * What becomes of a wanted slot. `serve`: this binding is the one that counts, and `surplus` ends. `bind`: it gets a new binding, because it has
 * none or because the node `lost` is silent. `wait`: for an end, a report or a node; `because` says so where it is not plain to see.
 */
export type Decision =
	| {readonly do: 'serve'; readonly binding: Binding; readonly surplus: readonly Binding[]}
	| {readonly do: 'bind'; readonly lost?: string}
	| {readonly do: 'wait'; readonly because?: string; readonly againAfterMs?: number};

/** Decides about one slot from all its bindings. */
export function decideSlot({bindings, nodeName}: Slot, view: ServiceView): Decision {
	const present = bindings.filter(binding => isLive(binding) && isPresent(binding));
	const [only] = present;
	if (only) return present.length === 1 ? {do: 'serve', binding: only, surplus: []} : settle(present, view);
	const open = bindings.filter(isOpen);
	// What is ending on a node that is heard will say so itself.
	if (open.some(isPresent)) return {do: 'wait'};
	const leased = leaseLeftMs(bindings.filter(({where}) => where.kind === 'forgotten'), view);
	if (leased > 0) return {do: 'wait', because: 'the lease of an at-most-one instance on a forgotten node may still hold: it waits until that has run out', againAfterMs: leased};
	if (open.length === 0) return {do: 'bind'};
	if (nodeName !== undefined) return {do: 'wait'};
	const permission = permissionOf({service: view.service, open, fleet: view.fleet, leaseAnsweredMs: view.leaseAnsweredMs});
	if (permission.kind === 'may') return {do: 'bind', lost: permission.nodeId};
	const {because, againAfterMs} = permission;
	return {do: 'wait', because, ...(againAfterMs === undefined ? {} : {againAfterMs})};
}

/** How long the lease of an at-most-one Instance may still hold, in milliseconds; 0 when it has run out or there is none. */
export function leaseLeftMs(bindings: readonly Binding[], {service, fleet, leaseAnsweredMs}: Pick<ServiceView, 'service' | 'fleet' | 'leaseAnsweredMs'>): number {
	if (service.spec.atMostOne !== true || bindings.length === 0) return 0;
	return Math.max(0, Math.max(...bindings.map(({instance}) => leaseAnsweredMs(instance.metadata.uid))) + leaseOverMs - fleet.nowMs);
}

/** Of several that are live and heard one stays. Those that are to leave go as soon as another one serves. */
function settle(present: readonly Binding[], view: ServiceView): Decision {
	const {service} = view;
	// The older one of these has ended by itself, and its lease is not renewed.
	const prefer = service.spec.atMostOne === true || failoverOf(service).reconcile === 'keepReplacement' ? 'newer' : 'older';
	const staying = present.filter(binding => leaveOf(binding, view) === undefined);
	const survivor = survivorOf(staying.length > 0 ? staying : present, {prefer});
	if (!survivor) return {do: 'wait'};
	const isReplaced = staying.length === 0 || isServing(survivor.instance);
	return {do: 'serve', binding: survivor, surplus: present.filter(binding => binding !== survivor && (isReplaced || staying.includes(binding)))};
}
