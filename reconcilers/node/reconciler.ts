import {isDeepStrictEqual} from 'node:util';
import type {Node} from '../../store/resources/node.js';
import type {Store} from '../../store/store.js';
import {instancesOn} from '../instances-on.js';
import {again, done} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import {amountsOf, sumOf} from '../placement/quantity.js';
import type {Clock} from '../ports/clock.js';
import type {Engine, EngineHealth, Engines} from '../ports/engine.js';
import type {NodeFactsPort} from '../ports/node-facts.js';
import {timestamp} from '../timestamp.js';
import {nextExpiry, planNode} from './plan.js';
import {renamedNode} from './rename.js';

/** What the node reconciler needs. */
export interface NodeReconcilerOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly node: {readonly id: string; readonly name: string};
	readonly facts: NodeFactsPort;
	readonly clock: Clock;
}

/** The own Node's reconciler, and what makes it ask the engines anew. */
export interface NodeReconciler {
	readonly reconcile: (key: string, signal: AbortSignal) => Promise<Outcome>;
	readonly forgetHealth: () => void;
}

/** An engine that does not answer is asked again after this time, beside the hint it gives when it returns. */
const askAgainMs = 5000;

/** Keeps the own Node as it is: described, with the health of its engines and store. Engines are asked once, then only after a hint or a resync. */
export function createNodeReconciler({store, engines, node, facts, clock}: NodeReconcilerOptions): NodeReconciler {
	const healthOf = new Map<string, EngineHealth>();

	const ask = async (engine: Engine, signal: AbortSignal): Promise<EngineHealth> => {
		const known = healthOf.get(engine.name);
		if (known?.healthy) return known;
		const health = await engine.health({signal}).catch((error: unknown): EngineHealth => ({healthy: false, version: '', message: error instanceof Error ? error.message : String(error)}));
		signal.throwIfAborted();
		healthOf.set(engine.name, health);
		return health;
	};

	const reconcile = async (_key: string, signal: AbortSignal): Promise<Outcome> => {
		const asked = await Promise.all(engines.all.map(async engine => ({
			name: engine.name, health: await ask(engine, signal), ...(engine.capabilityType === undefined ? {} : {capabilityType: engine.capabilityType}),
		})));
		const storeHealth = store.health();
		// What cannot be written is said by the store's health itself, which triggers this again when it returns.
		if (!storeHealth.writable) return done;
		const now = clock.now();
		const written = await store.transact(transaction => {
			const before = transaction.get('Node', {namespace: '', name: node.name});
			const renamed = before ? undefined : renamedNode(transaction, node);
			const reserved = sumOf(instancesOn(transaction, node).map(instance => amountsOf(instance.spec.image.resources)));
			const status = planNode({id: node.id, before: (before ?? renamed)?.status, facts: facts.current(), engines: asked, store: storeHealth, reserved, now: timestamp(now)});
			if (!before) return transaction.put<Node>({...newNode(node.name, {status, now: timestamp(now)}), ...renamed, status});
			return isDeepStrictEqual(before.status, status) ? before : transaction.put<Node>({...before, status});
		});
		const expiry = written.status && nextExpiry(written.status);
		const expiresInMs = expiry === undefined ? Infinity : Math.max(0, Date.parse(expiry) - now.getTime()) + 1000;
		const waitMs = Math.min(expiresInMs, asked.every(({health}) => health.healthy) ? Infinity : askAgainMs);
		return Number.isFinite(waitMs) ? again(waitMs) : done;
	};
	return {reconcile, forgetHealth: () => healthOf.clear()};
}

/** `uid`, `resourceVersion`, `generation` and `creationTimestamp` are the store's: it replaces what stands here. */
function newNode(name: string, {status, now}: {status: NonNullable<Node['status']>; now: string}): Node {
	return {apiVersion: 'motey.io/v1', kind: 'Node', metadata: {name, uid: '', resourceVersion: '', generation: 1, creationTimestamp: now}, spec: {}, status};
}
