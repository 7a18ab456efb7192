import {capabilityText, satisfies} from '../../store/resources/capability.js';
import {engineFor} from './candidate.js';
import type {Candidate, Placeable} from './candidate.js';
import {amountsOf, cpuMillis, cpuText, memoryBytes, memoryText} from './quantity.js';

/** Why a node does not fit, for one node and for several: `is cordoned`, `are cordoned`. */
export interface Misfit {
	readonly one: string;
	readonly many: string;
}

/** Says why a node does not fit, or nothing. */
export type Filter = (candidate: Candidate, placeable: Placeable) => Misfit | undefined;

const same = (sentence: string): Misfit => ({one: sentence, many: sentence});
const is = (rest: string): Misfit => ({one: `is ${rest}`, many: `are ${rest}`});
const lacks = (rest: string): Misfit => ({one: `lacks ${rest}`, many: `lack ${rest}`});
const has = (rest: string): Misfit => ({one: `has ${rest}`, many: `have ${rest}`});

const pinned: Filter = ({node}, {node: pin}) => {
	if (pin === undefined) return undefined;
	const names = [node.metadata.name, node.status?.id, ...node.status?.addresses ?? []];
	return names.includes(pin) ? undefined : is(`not ${pin}`);
};

const ready: Filter = ({node, own}) => {
	if (own) return undefined;
	return node.status?.conditions.some(condition => condition.type === 'Ready' && condition.status === 'True') ? undefined : is('not ready');
};

const schedulable: Filter = ({node}) => (node.spec.unschedulable ? is('cordoned') : undefined);

const engine: Filter = ({node}, placeable) => {
	if (engineFor(node, placeable) !== undefined) return undefined;
	const engines = node.status?.engines ?? [];
	if (placeable.engine === undefined) return has('no healthy engine');
	return engines.some(one => one.name === placeable.engine) ? has(`no healthy engine ${placeable.engine}`) : has(`no engine ${placeable.engine}`);
};

const capable: Filter = ({node}, {capabilities = []}) => {
	const missing = capabilities.filter(required => !satisfies(node.status?.capabilities ?? [], required));
	if (missing.length === 0) return undefined;
	return lacks(`${missing.length === 1 ? 'capability' : 'capabilities'} ${missing.map(capabilityText).join(', ')}`);
};

const roomy: Filter = ({node, reserved}, {resources = {}}) => {
	const capacity = node.status?.capacity;
	if (capacity === undefined) return undefined;
	const asked = amountsOf(resources);
	const freeMillis = cpuMillis(capacity.cpu) - reserved.cpuMillis;
	const freeBytes = memoryBytes(capacity.memory) - reserved.memoryBytes;
	if (asked.cpuMillis > 0 && asked.cpuMillis > freeMillis) return has(`less than ${cpuText(asked.cpuMillis)} cpu free`);
	if (asked.memoryBytes > 0 && asked.memoryBytes > freeBytes) return has(`less than ${memoryText(asked.memoryBytes)} memory free`);
	return undefined;
};

const described: Filter = ({node}) => (node.status === undefined ? same('not described yet') : undefined);

/** In the order in which a refusal is most useful to read: the first that applies is the one that is said. */
export const filters: readonly Filter[] = [described, pinned, schedulable, ready, engine, capable, roomy];
