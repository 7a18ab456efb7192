import {capabilityText, satisfies} from '../../store/resources/capability.js';
import type {Node} from '../../store/resources/node.js';
import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {conflictOf} from './ports.js';
import {amountsOf, cpuText, memoryText} from './quantity.js';
import type {Amounts} from './quantity.js';

/** Why a node does not fit, for one node and for several: `is cordoned`, `are cordoned`. Those with the same `many` are counted together. */
export interface Misfit {
	readonly one: string;
	readonly many: string;
}

/** What is asked for, with its amounts worked out once for all nodes. */
export interface Asked extends Placeable {
	readonly amounts: Amounts;
}

/** Says why a node does not fit, or nothing. */
export type Filter = (candidate: Candidate, asked: Asked) => Misfit | undefined;

/** The question with its amounts. */
export const askedOf = (placeable: Placeable): Asked => ({...placeable, amounts: amountsOf(placeable.resources ?? {})});

const same = (sentence: string): Misfit => ({one: sentence, many: sentence});
const is = (rest: string): Misfit => ({one: `is ${rest}`, many: `are ${rest}`});
const lacks = (rest: string): Misfit => ({one: `lacks ${rest}`, many: `lack ${rest}`});
const has = (rest: string): Misfit => ({one: `has ${rest}`, many: `have ${rest}`});

const described: Filter = ({node}) => (node.status === undefined ? same('not described yet') : undefined);

const pinned: Filter = ({node}, {node: pin}) => {
	if (pin === undefined) return undefined;
	const isIt = pin === node.metadata.name || pin === node.status?.id || (node.status?.addresses.includes(pin) ?? false);
	return isIt ? undefined : is(`not ${pin}`);
};

const schedulable: Filter = ({node: {spec}}) => {
	if (spec.drain === true) return is('being drained');
	return spec.unschedulable === true ? is('cordoned') : undefined;
};

const voices = {heard: undefined, silent: is('silent'), doubled: is('doubled: two agents speak under one id'), stranger: is('not in this cluster')} as const;
const heard: Filter = ({voice}) => voices[voice];

const ready: Filter = ({node, own}) => {
	if (own) return undefined;
	return node.status?.conditions.some(condition => condition.type === 'Ready' && condition.status === 'True') ? undefined : is('not ready');
};

const engine: Filter = ({node}, asked) => {
	if (engineFor(node, asked) !== undefined) return undefined;
	const engines = node.status?.engines ?? [];
	if (asked.engine === undefined) return has('no healthy engine');
	return engines.some(one => one.name === asked.engine) ? has(`no healthy engine ${asked.engine}`) : has(`no engine ${asked.engine}`);
};

const capable: Filter = ({node}, asked) => {
	const missing = missingCapabilities(node, asked);
	return missing.length === 0 ? undefined : lacks(`${missing.length === 1 ? 'capability' : 'capabilities'} ${missing.join(', ')}`);
};

const selected: Filter = ({node}, {placement}) => {
	const missing = missingLabels(node, placement);
	return missing.length === 0 ? undefined : lacks(`${missing.length === 1 ? 'label' : 'labels'} ${missing.join(', ')}`);
};

const roomy: Filter = ({capacity, reserved}, {amounts}) => {
	if (capacity === undefined) return undefined;
	if (amounts.cpuMillis > 0 && amounts.cpuMillis > capacity.cpuMillis - reserved.cpuMillis) return has(`less than ${cpuText(amounts.cpuMillis)} cpu free`);
	if (amounts.memoryBytes > 0 && amounts.memoryBytes > capacity.memoryBytes - reserved.memoryBytes) return has(`less than ${memoryText(amounts.memoryBytes)} memory free`);
	return undefined;
};

/** What a node lacks of the capabilities that are asked for, as a sentence names them. */
export function missingCapabilities(node: Node, {capabilities = []}: Pick<Placeable, 'capabilities'>): readonly string[] {
	if (capabilities.length === 0) return [];
	const offered = node.status?.capabilities ?? [];
	return capabilities.filter(required => !satisfies(offered, required)).map(capabilityText);
}

/** What a node lacks of the labels that are asked for, as `site=north`. */
export function missingLabels(node: Node, placement: Placeable['placement']): readonly string[] {
	return Object.entries(placement?.nodeSelector ?? {}).filter(([key, value]) => node.metadata.labels?.[key] !== value).map(([key, value]) => `${key}=${value}`);
}

/** In the order in which a refusal is most useful to read: the first that applies is the one that is said. */
export const filters: readonly Filter[] = [described, pinned, heard, schedulable, ready, selected, engine, capable, roomy];

/** Refuses a node where another Instance has a host port that is asked for. Apart from the others, because it is asked only while there is a choice. */
export const unoccupied: Filter = (candidate, asked) => {
	const engineName = candidate.ports.length === 0 ? undefined : engineFor(candidate.node, asked);
	const conflict = engineName === undefined ? undefined : conflictOf(candidate.ports, asked.hostPorts?.(engineName) ?? []);
	if (conflict === undefined) return undefined;
	const port = `host port ${conflict.host}/${conflict.protocol}`;
	return {one: `has ${port} held by ${conflict.by}`, many: `have ${port} held by others`};
};
