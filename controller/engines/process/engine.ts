import {release} from 'node:os';
import {normalize} from 'node:path';
import {concat, defer, of, Subject} from 'rxjs';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {EngineError, type CallOptions, type Engine, type EngineHint, type Observation, type Workload, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {Log} from '../../../reconcilers/ports/log.js';
import type {LogLine, LogOptions} from '../../../store/resources/log-line.js';
import {realPath} from '../real-path.js';
import {Cgroups} from './cgroups.js';
import {Contents} from './contents.js';
import {HealthChecks} from './health-checks.js';
import {declaredPorts, launchOf, limitsOf} from './launch.js';
import {Locks} from './locks.js';
import {Programs} from './programs.js';
import {Records, type Slot} from './records.js';
import {killGroup, runCommand} from './run-command.js';
import {readRunLog, type RunLog} from './run-logs.js';
import {unlessAborted} from './unless-aborted.js';
import {Usage} from './usage.js';
import {Watch} from './watch.js';

/** What a process engine is made of. */
export interface ProcessEngineOptions {
	/** Records and logs of what runs live here. */
	readonly directory: string;
	/** Programs that may run: paths, where `*` stands for any part of one name. */
	readonly allow: readonly string[];
	readonly nodeName: string;
	readonly clock: Clock;
	readonly log: Log;
}

/** A template under review has no slot yet; nothing that is judged depends on one. */
const anySlot = {name: 'review', instance: 'review', uid: 'review', slot: 0, binding: 1, fence: 1, specHash: 'review'} as const;

const notFound = (name: string): EngineError => new EngineError('NotFound', `There is no program ${name}`, {transient: true});

/**
 * Runs programs of the host, each in a session and process group of its own. They outlive the agent: the next one finds them by process number and
 * start time. Only programs that `allow` names are run, since nothing separates them from the host.
 */
export function createProcessEngine({directory, allow, nodeName, clock, log}: ProcessEngineOptions): Engine {
	const hints = new Subject<EngineHint>();
	const records = new Records(directory);
	const cgroups = new Cgroups();
	const permission = {allow, nodeName, realPath};
	const [locks, health, usage, contents] = [new Locks(), new HealthChecks(permission), new Usage(clock), new Contents()];
	const programs: Programs = new Programs({records, cgroups, clock, onEnd: name => void watch.look(name)});
	const changed = ({record: {uid, namespace, instance}}: Slot): void => hints.next({kind: 'changed', uid, namespace, instance});
	const watch: Watch = new Watch({records, programs, health, locks, clock, log, onChange: changed});
	const judge = (workload: Workload) => launchOf(workload, {...permission, canSwitchUser: process.getuid?.() === 0, noLimits: cgroups.refusal});

	const gaveUp = (what: string): EngineError => new EngineError('Aborted', `Given up before ${what} had its turn`, {transient: true});
	const locked = async <T>({name}: Pick<WorkloadReference, 'name'>, signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
		const aborted = (): EngineError => gaveUp(name);
		if (signal.aborted) throw aborted();
		return unlessAborted(locks.run(name, async () => {
			if (signal.aborted) throw aborted();
			return work();
		}), {signal, aborted});
	};
	/** To be called with the lock: an end is noted by one at a time. */
	const settled = async (found: Slot | undefined): Promise<Slot | undefined> => {
		const slot = found && await programs.settle(found);
		if (slot === undefined) return undefined;
		watch.know(slot);
		// Whoever looks first tells everybody.
		if (slot !== found) changed(slot);
		return slot;
	};
	/** As it stands, for who changes nothing. */
	const own = async (reference: WorkloadReference): Promise<Slot> => {
		const slot = await records.look(reference);
		if (slot?.record.uid !== reference.uid) throw notFound(reference.name);
		return slot;
	};
	const running = async (reference: WorkloadReference): Promise<{readonly slot: Slot; readonly pid: number}> => {
		const slot = await own(reference);
		const {run} = slot.record;
		if (run === undefined || await programs.state(slot) === 'ended') throw new EngineError('Failed', `${reference.name} is not running`, {transient: true});
		return {slot, pid: run.pid};
	};

	const start = async (workload: Workload): Promise<Slot> => {
		const {launch, refusals: [refusal]} = judge(workload);
		if (refusal !== undefined) throw new EngineError(refusal.kind === 'invalid' ? 'Invalid' : 'Refused', `${refusal.field}: ${refusal.message}; ${refusal.fix}`, {transient: false});
		const before = await settled(await records.find(workload));
		if (before && (before.record.uid !== workload.uid || before.record.specHash !== workload.specHash)) {
			throw new EngineError('NameConflict', `The slot ${workload.name} still has what was made for ${before.record.instance}, which goes first`, {transient: true});
		}
		const state = before === undefined ? 'ended' : await programs.state(before);
		if (before?.record.run !== undefined && state !== 'ended') {
			if (state === 'paused') killGroup(before.record.run.pid, 'SIGCONT');
			return before;
		}
		const contentId = await contents.idOf(launch.program, AbortSignal.timeout(60_000));
		return programs.begin(workload, {before, launch, limits: limitsOf(workload.template.resources), contentId});
	};

	/** What somebody is at work on is told as it was noted last: a stop may take as long as its grace. */
	const list = async (): Promise<readonly Observation[]> => {
		const found = await Promise.all((await records.all()).map(async slot => (locks.isHeld(slot.name) ? slot : locks.run(slot.name, async () => settled(await records.find({name: slot.name, uid: slot.record.uid}))))));
		return Promise.all(found.filter(slot => slot !== undefined).map(async slot => programs.observe(slot, health.of(slot))));
	};

	async function* logs(reference: WorkloadReference, options: CallOptions & LogOptions): AsyncGenerator<LogLine, void, undefined> {
		const {name, record: {run, engineId}} = await own(reference);
		const number = (run?.number ?? 0) - (options.previous ? 1 : 0);
		if (number < 1) throw new EngineError('NotFound', `${name} has had no run ${options.previous ? 'before the present one' : 'yet'}`, {transient: true});
		const file: RunLog = {directory: records.folder(name), number};
		const isRunning = async (): Promise<boolean> => {
			const now = await records.look(reference);
			return now?.record.engineId === engineId && now.record.run?.number === number && await programs.state(now) !== 'ended';
		};
		yield* readRunLog(file, {...options, isRunning});
	}

	return {
		name: 'process',
		health: async () => Promise.resolve({healthy: true, version: release(), message: ''}),
		review: (template, context) => judge({...anySlot, ...context, template}).refusals,
		prepare: async ({template}, {signal}) => ({contentId: await contents.idOf(normalize(template.image), signal)}),
		start: async (workload, {signal}) => locked(workload, signal, async () => {
			const slot = await start(workload);
			watch.know(slot);
			changed(slot);
			return programs.observe(slot, health.of(slot));
		}),
		stop: async (reference, {signal, graceSeconds}) => locked(reference, signal, async () => {
			const slot = await settled(await records.own(reference));
			if (slot !== undefined) changed(await programs.end(slot, {graceMs: graceSeconds * 1000, signal}));
		}),
		remove: async (reference, {signal}) => locked(reference, signal, async () => {
			const slot = await records.own(reference);
			if (slot === undefined) return;
			await programs.end(slot, {graceMs: 0, signal});
			await records.remove(slot.name);
			await cgroups.remove(slot.record.engineId);
			watch.forget(slot);
			changed(slot);
		}),
		tidy: async () => cgroups.removeLeft(),
		update: async (reference, limits, {signal}) => locked(reference, signal, async () => {
			const slot = await settled(await records.own(reference));
			if (slot === undefined) throw notFound(reference.name);
			const [before, wanted] = [slot.record.limits, limitsOf(limits)];
			const removes = (before.cpuMillis !== undefined && wanted.cpuMillis === undefined) || (before.memoryBytes !== undefined && wanted.memoryBytes === undefined);
			// What was started without limits is in no group, and what it has started meanwhile could not be put into one.
			if (removes || cgroups.refusal !== undefined || Object.keys(before).length === 0) return false;
			await cgroups.limit(slot.record.engineId, wanted).catch((error: unknown) => {
				throw new EngineError('Failed', `${slot.name} cannot be limited so: ${error instanceof Error ? error.message : String(error)}`, {transient: true, cause: error});
			});
			changed(await records.write(slot.name, {...slot.record, limits: wanted}));
			return true;
		}),
		inspect: async (reference, {signal}) => locked(reference, signal, async () => {
			const slot = await settled(await records.find(reference));
			return slot && programs.observe(slot, health.of(slot));
		}),
		list: async ({signal}) => unlessAborted(list(), {signal, aborted: () => gaveUp('everything')}),
		logs,
		stats: async reference => usage.sample((await running(reference)).pid),
		exec: async (reference, {command, onOutput, signal}) => runCommand((await running(reference)).slot.record.launch, command, {signal, permission, onOutput}),
		events: () => concat(defer(() => of({kind: 'relist'} as const)), hints),
		hostPorts: declaredPorts,
		volumes: () => [],
		[Symbol.asyncDispose]: async () => {
			watch.close();
			health.close();
			hints.complete();
			return Promise.resolve();
		},
	};
}
