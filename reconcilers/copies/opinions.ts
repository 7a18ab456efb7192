import {withCondition} from '../../store/resources/condition.js';
import type {Node} from '../../store/resources/node.js';
import type {Service} from '../../store/resources/service.js';

/** A node is not known to be ready after this silence, in milliseconds. */
export const unknownAfterMs = 10_000;
/** Copies of what a silent node owns are called stale after this, in milliseconds. */
export const staleAfterMs = 15_000;

/** Copies of what one peer owns, and how long it has been silent. `now` is RFC 3339. */
export interface OpinionsView {
	readonly node: Node | undefined;
	readonly services: () => readonly Service[];
	readonly silentMs: number;
	readonly now: string;
}

/** Copies to write, and when silence reaches its next mark. */
export interface OpinionsPlan {
	readonly objects: readonly (Node | Service)[];
	readonly againAfterMs?: number;
}

/**
 * What this node thinks of a silent peer, written on its own copies, which nobody else copies from here: the Node is no longer known to be
 * ready, its Services are stale. The peer's next word replaces them.
 */
export function planOpinions({node, services, silentMs, now}: OpinionsView): OpinionsPlan {
	const next = [unknownAfterMs, staleAfterMs].find(mark => silentMs < mark);
	const nodes = silentMs >= unknownAfterMs && node ? doubted(node, now) : [];
	const stale = silentMs >= staleAfterMs ? services().flatMap(service => withStale(service, now)) : services().flatMap(withoutStale);
	return {objects: [...nodes, ...stale], ...(next === undefined || silentMs < unknownAfterMs / 2 ? {} : {againAfterMs: next - silentMs})};
}

function doubted(node: Node, now: string): readonly Node[] {
	if (!node.status) return [];
	const conditions = withCondition(node.status.conditions, {type: 'Ready', status: 'Unknown', reason: 'NodeSilent', message: 'nothing has been heard of this node for a while'}, now);
	return conditions === node.status.conditions ? [] : [{...node, status: {...node.status, conditions}}];
}

function withStale(service: Service, now: string): readonly Service[] {
	if (!service.status) return [];
	const conditions = withCondition(service.status.conditions, {type: 'Stale', status: 'True', reason: 'OwnerSilent', message: 'its owner has not been heard of for a while: this is how it was then'}, now);
	return conditions === service.status.conditions ? [] : [{...service, status: {...service.status, conditions}}];
}

function withoutStale(service: Service): readonly Service[] {
	if (!service.status?.conditions.some(({type}) => type === 'Stale')) return [];
	return [{...service, status: {...service.status, conditions: service.status.conditions.filter(({type}) => type !== 'Stale')}}];
}
