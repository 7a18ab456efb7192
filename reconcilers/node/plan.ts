import type {NodeCapability} from '../../store/resources/capability.js';
import {withCondition} from '../../store/resources/condition.js';
import type {Condition, ConditionUpdate} from '../../store/resources/condition.js';
import type {NodeStatus} from '../../store/resources/node.js';
import type {StoreHealth} from '../../store/store.js';
import {cpuText, memoryText} from '../placement/quantity.js';
import type {Amounts} from '../placement/quantity.js';
import type {EngineHealth} from '../ports/engine.js';
import type {NodeFacts} from '../ports/node-facts.js';

/** Everything the own Node says. `now` is RFC 3339. */
export interface NodeView {
	readonly id: string;
	readonly before: NodeStatus | undefined;
	readonly facts: NodeFacts;
	readonly engines: readonly {readonly name: string; readonly health: EngineHealth; readonly capabilityType?: string}[];
	readonly store: StoreHealth;
	readonly reserved: Amounts;
	readonly now: string;
}

/** Sources whose capabilities this reconciler alone writes. Those of any other source are kept as they are until they expire. */
const ownSources: ReadonlySet<string> = new Set(['host', 'static', 'engine', 'device', 'session']);
const isOwn = ({source}: NodeCapability): boolean => ownSources.has(source) || source.startsWith('publisher:');

/** The Node's status; nothing in it moves unless something changed. */
export function planNode({id, before, facts, engines, store, reserved, now}: NodeView): NodeStatus {
	const {addresses, capacity, info} = facts;
	const kept = (before?.capabilities ?? []).filter(capability => !isOwn(capability) && !isExpired(capability, now));
	const offered = engines.filter(engine => engine.health.healthy).map(({name, capabilityType = 'engine'}): NodeCapability => ({capability: name, capability_type: capabilityType, source: 'engine'}));
	return {
		id, addresses, capacity, info,
		conditions: conditionsOf({engines, store, facts}).reduce<readonly Condition[]>((conditions, update) => withCondition(conditions, update, now), before?.conditions ?? []),
		engines: engines.map(({name, health}) => ({
			name, healthy: health.healthy,
			// A version is remembered while the engine does not answer.
			version: health.version === '' ? before?.engines.find(engine => engine.name === name)?.version ?? '' : health.version,
			...(health.message === '' ? {} : {message: health.message}),
		})),
		capabilities: [...offered, ...facts.capabilities, ...kept],
		reserved: {cpu: cpuText(reserved.cpuMillis), memory: memoryText(reserved.memoryBytes)},
	};
}

/** When the next capability expires, RFC 3339. */
export function nextExpiry({capabilities}: Pick<NodeStatus, 'capabilities'>): string | undefined {
	return capabilities.flatMap(capability => capability.expiresAt ?? []).sort((a, b) => Date.parse(a) - Date.parse(b))[0];
}

function isExpired({expiresAt}: NodeCapability, now: string): boolean {
	return expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(now);
}

function conditionsOf({engines, store, facts}: Pick<NodeView, 'engines' | 'store' | 'facts'>): readonly ConditionUpdate[] {
	const down = engines.filter(engine => !engine.health.healthy);
	const anyHealthy = down.length < engines.length;
	const engineReady = condition('EngineReady', anyHealthy, anyHealthy
		? {reason: 'EngineHealthy', message: engines.filter(engine => engine.health.healthy).map(({name}) => name).join(', ')}
		: {reason: 'EngineUnavailable', message: engines.length === 0 ? 'no engine is configured' : down.map(({name, health}) => `${name}: ${health.message}`).join('; ')});
	const writable = condition('StoreWritable', store.writable, {reason: store.code ?? 'Writable', message: store.message});
	const diskLow = condition('DiskLow', facts.disk.isLow, {reason: facts.disk.isLow ? 'DiskLow' : 'DiskSufficient', message: facts.disk.message});
	const blocked = [engineReady, writable].find(one => one.status === 'False');
	const ready = condition('Ready', !blocked, blocked ? {reason: blocked.reason, message: blocked.message} : {reason: 'Ready', message: ''});
	return [ready, engineReady, writable, diskLow];
}

function condition(type: string, isTrue: boolean, said: {reason: string; message: string}): ConditionUpdate {
	return {type, status: isTrue ? 'True' : 'False', ...said};
}
