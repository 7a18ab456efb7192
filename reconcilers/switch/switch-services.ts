import {setTimeout as delay} from 'node:timers/promises';
import type {Store, Transaction} from '../../store/store.js';
import type {Recorder} from '../events/recorder.js';
import type {CallOptions} from '../ports/engine.js';
import type {Clock} from '../ports/clock.js';
import {PeerError, type Peers} from '../ports/peers.js';
import type {ServiceChange, SwitchOrder, SwitchPorts, SwitchReadiness, SwitchReport} from '../ports/switches.js';
import type {ServiceViews} from '../service/views.js';
import type {HeldSwitches} from './held-switches.js';
import {obstacleToService} from './obstacle.js';
import {planSwitch, type SwitchPlan} from './plan-switch.js';
import type {PrepareSwitch} from './prepare-switch.js';
import {decidedReport, isReady, refusedReport, type Gathering} from './report.js';

/** So long before the instant everything is looked at once more and voted on, in milliseconds: late enough that little changes after it, early enough for those who are told to be told otherwise. */
const voteBeforeMs = 5000;
/** A vote takes this long at least, in milliseconds. */
const leastMs = 1000;

/** What switching needs of its node. */
export interface SwitchServicesOptions {
	readonly store: Store;
	readonly node: {readonly id: string; readonly name: string};
	readonly views: ServiceViews;
	readonly held: HeldSwitches;
	readonly prepareHere: PrepareSwitch;
	readonly ports: SwitchPorts;
	readonly peers: Pick<Peers, 'members'>;
	/** Has a node told anew what it is to run. */
	readonly reorder: (nodeId: string) => void;
	readonly recorder: Recorder;
	readonly clock: Clock;
	readonly randomUuid: () => string;
}

/**
 * Changes Services that this node owns `inMs` from now, on every node that they concern at one instant, or nowhere. Resolves with who did what and why;
 * rejects when the signal aborts before anything is decided, and nothing was changed then. Later it does not take part.
 */
export type SwitchServices = (changes: readonly ServiceChange[], options: CallOptions & {readonly inMs: number}) => Promise<SwitchReport>;

/** See `SwitchServices`. Until the instant nothing is stored anywhere. */
export function createSwitchServices(options: SwitchServicesOptions): SwitchServices {
	const {store, node, views, held, prepareHere, ports, peers, reorder, recorder, clock, randomUuid} = options;
	const nameOf = (id: string): string => (id === node.id ? node.name : peers.members().find(peer => peer.id === id)?.name ?? id);

	/** By what is there now. */
	const planAll = async (changes: readonly ServiceChange[]): Promise<SwitchPlan> => store.transact(transaction => joined(changes.map(change => planOne(change, transaction))));
	const planOne = (change: ServiceChange, transaction: Transaction): SwitchPlan => {
		const obstacle = obstacleToService(transaction, change);
		return obstacle === undefined ? planSwitch(views.of(transaction, change.next)) : {nodes: [], instances: [], newcomers: [], obstacles: [{because: obstacle}]};
	};

	const ask = async (nodeId: string, order: SwitchOrder, {signal}: CallOptions): Promise<SwitchReadiness | {readonly unheard: string}> => {
		try {
			if (nodeId === node.id) return await prepareHere(order, {signal});
			const peer = peers.members().find(({id}) => id === nodeId);
			if (peer?.connected !== true) return {unheard: peer === undefined ? 'it is no member of this cluster' : `it is not reached; last heard ${Math.round(peer.silentMs / 1000)} s ago`};
			return await ports.prepare(nodeId, order, {signal});
		} catch (error) {
			if (signal.aborted) return {unheard: 'it was not ready in time'};
			if (error instanceof PeerError) return {unheard: error.message};
			return {ready: false, because: error instanceof Error ? error.message : String(error)};
		}
	};

	return async (changes, {inMs, signal}) => {
		const atMs = clock.monotonicMs() + inMs;
		const leftMs = (): number => atMs - clock.monotonicMs();
		const id = randomUuid();

		const gather = async (): Promise<Gathering & {readonly order: SwitchOrder}> => {
			const plan = await planAll(changes);
			const nodes = [...new Set([node.id, ...plan.nodes])].sort();
			const whole: SwitchOrder = {id, owner: node.id, instances: plan.instances.map(({nodeId: _, ...one}) => one), newcomers: []};
			if (plan.obstacles.length > 0) return {nodes, obstacles: plan.obstacles, readiness: new Map(), order: whole};
			const ending = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.floor(leftMs() - leastMs)))]);
			const answers = await Promise.all(nodes.map(async nodeId => [nodeId, await ask(nodeId, {...whole, ...shareOf(plan, nodeId)}, {signal: ending})] as const));
			signal.throwIfAborted();
			return {nodes, obstacles: [], readiness: new Map(answers), order: whole};
		};

		let gathering = await gather();
		if (isReady(gathering) && leftMs() > 2 * voteBeforeMs) {
			await delay(leftMs() - voteBeforeMs, undefined, {signal});
			gathering = await gather();
		}
		if (!isReady(gathering)) return refusedReport(gathering, nameOf);
		const {nodes, order} = gathering;
		held.hold({order, changes});
		const verdict = await ports.decide({id, voters: nodes, inMs: leftMs()});
		const switched = await held.conclude(id);
		const report = decidedReport({nodes, verdict, switched, selfId: node.id, nameOf});
		// Whoever did otherwise than the owner is told by it what to run.
		for (const one of report.nodes) if (one.nodeId !== node.id && one.switched !== switched) reorder(one.nodeId);
		for (const {next} of changes) if (switched) recorder.normal(next, 'Switched', `switched at one instant on ${report.nodes.map(one => one.node).join(', ')}`);
		return report;
	};
}

function joined(plans: readonly SwitchPlan[]): SwitchPlan {
	return {
		nodes: plans.flatMap(({nodes}) => nodes), instances: plans.flatMap(({instances}) => instances),
		newcomers: plans.flatMap(({newcomers}) => newcomers), obstacles: plans.flatMap(({obstacles}) => obstacles),
	};
}

/** What one node makes ready. */
function shareOf({instances, newcomers}: SwitchPlan, id: string): Pick<SwitchOrder, 'instances' | 'newcomers'> {
	return {
		instances: instances.filter(({nodeId}) => nodeId === id).map(({nodeId: _, ...one}) => one),
		newcomers: newcomers.filter(({nodeId}) => nodeId === id).map(({instance}) => instance),
	};
}
