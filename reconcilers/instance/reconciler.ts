import {inForce} from '../../store/resources/files.js';
import {keyOf, parseKey} from '../../store/resources/kinds.js';
import {containerUid, isBoundTo} from '../../store/resources/instance.js';
import type {Instance, InstanceStatus} from '../../store/resources/instance.js';
import type {Store} from '../../store/store.js';
import {Backoff} from '../backoff.js';
import type {Recorder} from '../events/recorder.js';
import {containerFinalizer, holds, isDeleting, withoutFinalizers} from '../finalizers.js';
import {instancesOn} from '../instances-on.js';
import {again, done, failed} from '../outcome.js';
import type {Outcome} from '../outcome.js';
import type {Clock} from '../ports/clock.js';
import type {Engine, Engines, Observation} from '../ports/engine.js';
import {EngineError} from '../ports/engine.js';
import {PortHeldError, verdictOf} from './failure.js';
import {HostPorts} from './host-ports.js';
import type {Looks} from './looks.js';
import {keptByNamesake} from './namesake.js';
import type {Observations} from './observations.js';
import type {Pauses} from './pauses.js';
import {planInstance} from './plan.js';
import type {Step} from './plan.js';
import type {PortWaiters} from './port-waiters.js';
import type {Preparations} from './preparations.js';
import {saysTheSame, statusOf} from './status.js';
import {tellSettled} from './story.js';
import type {EngineStep, StepContext, Steps} from './steps.js';
import {underWay} from './under-way.js';
import type {Stage} from './under-way.js';
import {whenSlow} from './when-slow.js';
import {workloadOf} from './workload.js';
import type {Leases} from '../remote/leases.js';

/** What the instance reconciler needs; what it shares with its sources is theirs to feed. */
export interface InstanceReconcilerOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly node: {readonly id: string; readonly name: string};
	readonly clock: Clock;
	readonly recorder: Recorder;
	readonly steps: Steps;
	readonly observations: Observations;
	readonly looks: Looks;
	readonly preparations: Preparations;
	readonly portWaiters: PortWaiters;
	readonly pauses: Pauses;
	readonly leases: Pick<Leases, 'standingOf' | 'forget'>;
}

/** Steps of one look; more than any story needs, so that a plan that never settles cannot spin. */
const mostSteps = 8;
/** A step that takes longer is shown while it is under way. */
const slowMs = 400;
/** Hints that an own start causes are answered together after this time. */
const settlingMs = 300;

/** Looks at one Instance (`namespace/name`) bound to this node: observe, plan, act, until nothing is left to do but wait. */
export function createInstanceReconciler(options: InstanceReconcilerOptions): (key: string, signal: AbortSignal) => Promise<Outcome> {
	const {store, engines, node, clock, observations, looks, preparations, portWaiters, pauses, recorder, steps, leases} = options;
	const backoff = new Backoff({firstMs: 1000, maxMs: 30_000, random: () => clock.random()});
	const hostPorts = new HostPorts(engines);
	const startedMs = new Map<string, number>();
	/** Keys whose last look ended with a failure that says nothing of the workload. */
	const stumbled = new Set<string>();

	return async (key, signal) => {
		const instance = store.get('Instance', parseKey(key));
		if (!instance || !isBoundTo(instance, node)) {
			recovered(key);
			return done;
		}
		const engine = engines.get(instance.spec.image.engine);
		if (!engine) return fail(key, instance, {error: new EngineError('Unavailable', `this node has no engine ${instance.spec.image.engine}`, {transient: true}), observed: undefined});
		try {
			return isDeleting(instance) ? await end(key, {instance, engine, signal}) : await converge(key, {instance, engine, signal});
		} finally {
			// It may have gone meanwhile, after what remembers it had heard so.
			if (store.get('Instance', parseKey(key))?.metadata.uid !== instance.metadata.uid) forget(key, instance);
		}
	};

	function recovered(key: string): void {
		backoff.forget(key);
		stumbled.delete(key);
		portWaiters.forget(key);
	}

	function forget(key: string, instance: Instance): void {
		observations.drop(containerUid(instance));
		startedMs.delete(containerUid(instance));
		pauses.end(instance);
		leases.forget(instance.metadata.uid);
		looks.forget(instance.metadata.uid);
		recovered(key);
	}

	async function converge(key: string, {instance: first, engine, signal}: Subject): Promise<Outcome> {
		let instance = first;
		const uid = containerUid(first);
		const name = workloadOf(first, {nodeId: node.id}).name;
		const settledInMs = (startedMs.get(uid) ?? -Infinity) + settlingMs - clock.monotonicMs();
		if (settledInMs > 0 && !observations.get(uid)) return again(settledInMs);
		startedMs.delete(uid);
		let observed: Observation | undefined;
		try {
			observed = await observe(instance, engine, signal);
			// What an earlier Instance left goes by itself; what a namesake has does not, and is nothing of this one.
			const kept = observed !== undefined && observed.uid !== uid ? keptByNamesake(instance, instancesOn(store, node)) : undefined;
			if (kept) return await fail(key, instance, {error: kept, observed: undefined});
			for (let count = 0; count < mostSteps; count += 1) {
				const step = planInstance({instance, name, observed, lease: leases.standingOf(instance), nowMs: clock.now().getTime()});
				if (step.do === 'settle') return await settle(key, instance, step);
				if (step.do === 'end') return again(0);
				const pauseMs = pauses.leftMs(instance);
				if (pauseMs > 0) return again(pauseMs);
				observed = await act(step, {instance, engine, signal}, observed);
				instance = {...instance, ...after(step, instance)};
			}
			return again(1000);
		} catch (error) {
			signal.throwIfAborted();
			const isTaken = error instanceof EngineError && error.code === 'NameConflict';
			return fail(key, instance, {error: isTaken ? keptByNamesake(instance, instancesOn(store, node)) ?? error : error, observed});
		}
	}

	async function observe(instance: Instance, engine: Engine, signal: AbortSignal): Promise<Observation | undefined> {
		const uid = containerUid(instance);
		const known = observations.get(uid);
		if (known) return known.observed;
		if (instance.status === undefined) return undefined;
		const moment = observations.moment();
		const observed = await engine.inspect(workloadOf(instance, {nodeId: node.id}), {signal});
		observations.learn(uid, observed, moment);
		return observed;
	}

	async function act(step: EngineStep, subject: Subject, before: Observation | undefined): Promise<Observation | undefined> {
		const {instance} = subject;
		const uid = containerUid(instance);
		observations.forget(uid);
		const moment = observations.moment();
		const whilePreparing = preparations.begin(instance);
		try {
			const observed = await steps.perform(step, contextOf(subject, {whilePreparing, before}));
			if (step.do !== 'rename' && step.do !== 'limit') startedMs.set(uid, clock.monotonicMs());
			observations.learn(uid, observed, moment);
			return observed;
		} finally {
			preparations.finish(instance.metadata.uid);
		}
	}

	async function end(key: string, {instance, engine, signal}: Subject): Promise<Outcome> {
		const {uid} = instance.metadata;
		if (!holds(instance, containerFinalizer)) return done;
		const workload = workloadOf(instance, {nodeId: node.id});
		try {
			const wasNeverStarted = instance.status === undefined && await engine.inspect(workload, {signal}) === undefined;
			if (!wasNeverStarted) {
				recorder.normal(instance, 'Killing', `${workload.name} is stopped and removed`);
				await steps.end(contextOf({instance, engine, signal}, {whilePreparing: signal, before: observations.get(containerUid(instance))?.observed}));
			}
		} catch (error) {
			signal.throwIfAborted();
			return fail(key, instance, {error, observed: undefined});
		}
		await store.transact(transaction => {
			const current = transaction.get('Instance', keyOf(instance));
			if (current?.metadata.uid === uid) transaction.put(withoutFinalizers(current, containerFinalizer));
		});
		forget(key, instance);
		return done;
	}

	async function settle(key: string, instance: Instance, {status, againAfterMs}: Extract<Step, {do: 'settle'}>): Promise<Outcome> {
		recovered(key);
		pauses.end(instance);
		tellSettled(recorder, {instance, before: store.get('Instance', parseKey(key))?.status, status});
		await write(instance, status);
		looks.add(instance.metadata.uid);
		return againAfterMs === undefined ? done : again(againAfterMs);
	}

	async function fail(key: string, instance: Instance, {error, observed}: {error: unknown; observed: Observation | undefined}): Promise<Outcome> {
		const nowMs = clock.now().getTime();
		observations.forget(containerUid(instance));
		const current = store.get('Instance', parseKey(key));
		if (current?.metadata.uid === instance.metadata.uid && current.metadata.generation !== instance.metadata.generation) return again(0);
		const failure = verdictOf(error, instance, {observed, isRepeated: stumbled.has(key), nowMs});
		if (!failure) {
			stumbled.add(key);
			return failed(error);
		}
		if (error instanceof PortHeldError) portWaiters.wait(key, error.holder);
		const {verdict, retry} = failure;
		if (instance.status?.reason !== verdict.reason || instance.status.message !== verdict.message) recorder.warning(instance, verdict.reason, verdict.message);
		await write(instance, statusOf(instance, verdict, {observed, nowMs}));
		looks.add(instance.metadata.uid);
		if (retry.kind === 'never') return done;
		const afterMs = retry.kind === 'after' ? retry.ms : backoff.next(key);
		if (error instanceof EngineError) pauses.begin(instance, afterMs);
		return again(afterMs);
	}

	/** Says what is under way; that it could not be said harms nothing. */
	async function announce(instance: Instance, stage: Stage, observed: Observation | undefined): Promise<void> {
		await write(instance, statusOf(instance, underWay(stage, instance), {observed, nowMs: clock.now().getTime()})).catch(() => undefined);
	}

	/** Nothing is written of one that is gone, nor to another of its name. */
	async function write(instance: Instance, status: InstanceStatus): Promise<void> {
		const key = keyOf(instance);
		const {uid} = instance.metadata;
		const before = store.get('Instance', key);
		if (before?.metadata.uid !== uid || saysTheSame(before.status, status)) return;
		await store.transact(transaction => {
			const current = transaction.get('Instance', key);
			if (current?.metadata.uid === uid) transaction.put<Instance>({...current, status});
		});
	}

	/** `before` is what was in the slot when the step began. */
	function contextOf({instance, engine, signal}: Subject, {whilePreparing, before}: {whilePreparing: AbortSignal; before: Observation | undefined}): StepContext {
		return {
			engine, instance, signal, whilePreparing,
			showing: (stage, work) => whenSlow(work, {afterMs: slowMs, announce: () => announce(instance, stage, stage.kind === 'replacing' || stage.kind === 'stopping' ? before : undefined)}),
			workload: workloadOf(instance, {nodeId: node.id}),
			checkPorts: () => hostPorts.check(instance, () => instancesOn(store, node)),
		};
	}
}

interface Subject {
	readonly instance: Instance;
	readonly engine: Engine;
	readonly signal: AbortSignal;
}

/** What a successful step changes in what is remembered, before it is written with the next settled status. */
function after(step: EngineStep, {status, spec}: Instance): Pick<Instance, 'status'> | Record<string, never> {
	if (step.do === 'rename' || step.do === 'remove' || step.do === 'resume') return {};
	const base: InstanceStatus = status ?? {phase: 'Pending', reason: '', message: '', ready: false, restarts: 0, conditions: []};
	const {nextAttemptAt: _, failures: __, files: filesBefore, ...rest} = base;
	const counts = 'counts' in step ? step.counts : {restarts: base.restarts, failures: 0};
	const limited = step.do === 'limit' ? {restarts: base.restarts, failures: base.failures ?? 0} : counts;
	return {status: {...rest, ...limited, resources: spec.image.resources, ...filesOf(step, {before: filesBefore, wanted: spec.image.files})}};
}

/** A limit is changed beside the files, and what is halted is given none. */
function filesOf(step: EngineStep, {before, wanted = []}: {readonly before: InstanceStatus['files']; readonly wanted: Instance['spec']['image']['files']}): Pick<InstanceStatus, 'files'> {
	if (step.do === 'limit' || step.do === 'halt') return before === undefined ? {} : {files: before};
	return wanted.length === 0 ? {} : {files: inForce(wanted)};
}
