import {randomUUID} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {EngineError, type Observation, type Workload} from '../../../reconcilers/ports/engine.js';
import type {Cgroups} from './cgroups.js';
import {currentBootId, hasEnvironment, processesOf, processState, type ProcessState} from './proc.js';
import type {Launch, Limits, Run} from './record.js';
import type {Records, Slot} from './records.js';
import {killGroup} from './run-command.js';
import {dropOldRuns, exitCodeOf, lastWrite} from './run-logs.js';
import {spawnRun} from './spawn-run.js';

/** Exit code of what was ended by SIGKILL, as shells and Docker count. */
const killed = 137;
/** How long a killed process may take to be gone, in milliseconds: longer only when it waits for a device. */
const goneWithinMs = 10_000;
/** How long an end waits to be noted for what the program has left behind, in milliseconds. */
const leftoversGoneWithinMs = 2000;

/** What programs are run with. */
export interface ProgramsOptions {
	readonly records: Records;
	readonly cgroups: Cgroups;
	readonly clock: Clock;
	/** Told when a program that this agent started has ended. */
	readonly onEnd: (name: string) => void;
}

/** Starts, finds again and ends programs. What it knows stands in the records and in /proc, so that a later agent knows the same. */
export class Programs {
	readonly #options: ProgramsOptions;
	/** Runs that this agent has seen running: nobody else can have got their number since the last look. */
	readonly #seen = new Set<string>();

	constructor(options: ProgramsOptions) {
		this.#options = options;
	}

	/** Whether the program runs: the very process that was noted, in this boot of the machine. */
	async state({record: {run, engineId}}: Slot): Promise<'running' | 'paused' | 'ended'> {
		if (run === undefined || run.finishedAt !== undefined || run.bootId !== await currentBootId()) return 'ended';
		const state = await processState(run.pid);
		if (state?.startTicks !== run.startTicks || hasEnded(state)) return 'ended';
		this.#seen.add(keyOf(engineId, run));
		return state.state === 'T' ? 'paused' : 'running';
	}

	/** Notes the end of a program that has ended, if it is not noted yet. What its group still has is killed: it was to end with it. */
	async settle(slot: Slot): Promise<Slot> {
		const {name, record} = slot;
		const {run} = record;
		if (run === undefined || run.finishedAt !== undefined || await this.state(slot) !== 'ended') return slot;
		const log = {directory: this.#options.records.folder(name), number: run.number};
		const code = await exitCodeOf(log);
		const isOfThisBoot = run.bootId === await currentBootId();
		if (isOfThisBoot) await this.#endSession(slot, {run, withinMs: leftoversGoneWithinMs});
		this.#seen.delete(keyOf(record.engineId, run));
		const finishedAt = ((code === undefined ? undefined : await lastWrite(log, 'exit')) ?? this.#options.clock.now()).toISOString();
		const ended: Run = {...run, finishedAt, exitCode: code ?? killed, ...(isOfThisBoot || code !== undefined ? {} : {endedWithEngine: true})};
		return this.#options.records.write(name, {...record, run: ended});
	}

	/** Runs the program in a new or an ended slot. It is noted before it begins. */
	async begin(workload: Workload, {before, launch, limits, contentId}: {readonly before: Slot | undefined; readonly launch: Launch; readonly limits: Limits; readonly contentId: string}): Promise<Slot> {
		const {records, cgroups, clock, onEnd} = this.#options;
		const {name, namespace, service, instance, uid, slot, binding, specHash, template} = workload;
		const now = clock.now().toISOString();
		const {run: _, ...kept} = before?.record ?? {engineId: randomUUID(), createdAt: now, limits};
		const {engineId, createdAt} = kept;
		const record = {format: 1, namespace, service, instance, uid, slot, binding, specHash, image: template.name, engineId, createdAt, contentId, launch, limits: kept.limits} as const;
		const number = (before?.record.run?.number ?? 0) + 1;
		const directory = records.folder(name);
		await records.write(name, before?.record.run === undefined ? record : {...record, run: before.record.run});
		await dropOldRuns({directory, number});
		const held = await spawnRun(launch, {directory, number});
		try {
			if (Object.keys(record.limits).length > 0) {
				await cgroups.limit(engineId, record.limits);
				await cgroups.enter(engineId, held.pid);
			}
			const run: Run = {number, pid: held.pid, startTicks: held.startTicks, bootId: await currentBootId(), startedAt: now};
			const begun = await records.write(name, {...record, run});
			held.child.once('exit', () => onEnd(name));
			held.go();
			return begun;
		} catch (error) {
			held.abandon();
			throw error instanceof EngineError ? error : new EngineError('Failed', `${name} cannot be started: ${error instanceof Error ? error.message : String(error)}`, {transient: true, cause: error});
		}
	}

	/** Asks the program to end, and kills it with its whole group and session when it has not by then. */
	async end(slot: Slot, {graceMs, signal}: {readonly graceMs: number; readonly signal: AbortSignal}): Promise<Slot> {
		const {run, launch} = slot.record;
		if (run === undefined || await this.state(slot) === 'ended') return this.settle(slot);
		if (graceMs > 0) {
			killGroup(run.pid, launch.stopSignal);
			// What is stopped hears it once it goes on.
			killGroup(run.pid, 'SIGCONT');
		}
		if (graceMs <= 0 || !await this.#isGone(slot, {withinMs: graceMs, signal})) {
			if (!await this.#endSession(slot, {run, withinMs: goneWithinMs, signal})) throw new EngineError('Failed', `${slot.name} was killed and has not gone yet; it waits for a device`, {transient: true});
		}
		return this.settle(slot);
	}

	/** What is said of a slot: an end only once it is noted, with its exit code. */
	async observe(slot: Slot, health: Observation['health']): Promise<Observation> {
		const {name, record: {launch, run, limits, namespace, service, image, uid, slot: number, binding, specHash, engineId, contentId, createdAt}} = slot;
		const state = run?.finishedAt !== undefined ? 'ended' : await this.state(slot) === 'paused' ? 'paused' : 'running';
		return {
			name, namespace, service, image, uid, slot: number, binding, specHash, engineId, contentId, createdAt, limits,
			state: run === undefined ? 'created' : state === 'ended' ? 'exited' : state,
			health: state === 'ended' ? 'none' : health, ports: launch.ports,
			...(run === undefined ? {} : {startedAt: run.startedAt}),
			...(run?.finishedAt === undefined ? {} : {finishedAt: run.finishedAt}),
			...(run?.exitCode === undefined ? {} : {exitCode: run.exitCode}),
			...(run?.endedWithEngine === undefined ? {} : {endedWithEngine: run.endedWithEngine}),
		};
	}

	async #isGone(slot: Slot, {withinMs, signal}: {readonly withinMs: number; readonly signal: AbortSignal}): Promise<boolean> {
		return this.#whether(async () => await this.state(slot) === 'ended', {withinMs, signal, name: slot.name});
	}

	/** Kills the group, whatever of its session has left the group, and what is in its control group, until nothing of it is left. False when something still is. */
	async #endSession(slot: Slot, {run, withinMs, signal}: {readonly run: Run; readonly withinMs: number; readonly signal?: AbortSignal}): Promise<boolean> {
		return this.#whether(async () => {
			const members = await this.#members(slot, run);
			for (const pid of members) killProcess(pid);
			return members.length === 0;
		}, {withinMs, signal, name: slot.name});
	}

	/**
	 * What is left of a run. The kernel gives no number of a session again that still has members, so when another process has the leader's number
	 * nothing is left. Without a leader the session may be another's, begun and left by its leader since: then one of it must bear the run's mark.
	 */
	async #members({record: {engineId, launch}}: Slot, run: Run): Promise<readonly number[]> {
		const grouped = await this.#options.cgroups.members(engineId);
		const leader = await processState(run.pid);
		if (leader !== undefined && leader.startTicks !== run.startTicks) return grouped;
		const session = (await processesOf(run.pid)).filter(state => !hasEnded(state)).map(({pid}) => pid);
		const mark = launch.environment.findLast(line => line.startsWith('MOTEY_INSTANCE=')) ?? '';
		const isOurs = leader !== undefined || this.#seen.has(keyOf(engineId, run)) || (await Promise.all(session.map(async pid => hasEnvironment(pid, mark)))).includes(true);
		return isOurs ? [...new Set([...session, ...grouped])] : grouped;
	}

	/** Asks again and again until it is so; false when it is not in time. */
	async #whether(isSo: () => Promise<boolean>, {withinMs, signal, name}: {readonly withinMs: number; readonly signal: AbortSignal | undefined; readonly name: string}): Promise<boolean> {
		const untilMs = this.#options.clock.monotonicMs() + withinMs;
		while (!await isSo()) {
			if (signal?.aborted) throw new EngineError('Aborted', `Given up while ${name} was to end`, {transient: true});
			if (this.#options.clock.monotonicMs() >= untilMs) return false;
			await delay(20);
		}
		return true;
	}
}

const keyOf = (engineId: string, {number}: Run): string => `${engineId} ${number}`;

const hasEnded = ({state}: ProcessState): boolean => state === 'Z' || state === 'X';

function killProcess(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended meanwhile.
	}
}
