import {randomUUID} from 'node:crypto';
import {setTimeout as delay} from 'node:timers/promises';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {EngineError, type Observation, type Workload} from '../../../reconcilers/ports/engine.js';
import type {Cgroups} from './cgroups.js';
import {currentBootId, processesOf, processState} from './proc.js';
import type {Launch, Limits, Run} from './record.js';
import type {Records, Slot} from './records.js';
import {killGroup} from './run-command.js';
import {dropOldRuns, exitCodeOf, lastWrite} from './run-logs.js';
import {spawnRun} from './spawn-run.js';

/** Exit code of what was ended by SIGKILL, as shells and Docker count. */
const killed = 137;
/** How long a killed process may take to be gone, in milliseconds: longer only when it waits for a device. */
const goneWithinMs = 10_000;

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

	constructor(options: ProgramsOptions) {
		this.#options = options;
	}

	/** Whether the program runs: the very process that was noted, in this boot of the machine. */
	async state({record: {run}}: Slot): Promise<'running' | 'paused' | 'ended'> {
		if (run === undefined || run.finishedAt !== undefined || run.bootId !== await currentBootId()) return 'ended';
		const state = await processState(run.pid);
		if (state?.startTicks !== run.startTicks || state.state === 'Z' || state.state === 'X') return 'ended';
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
		if (isOfThisBoot) await endSession(run);
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
			await endSession(run);
			if (!await this.#isGone(slot, {withinMs: goneWithinMs, signal})) throw new EngineError('Failed', `${slot.name} was killed and has not gone yet; it waits for a device`, {transient: true});
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
		const untilMs = this.#options.clock.monotonicMs() + withinMs;
		while (await this.state(slot) !== 'ended') {
			if (signal.aborted) throw new EngineError('Aborted', `Given up while ${slot.name} was to end`, {transient: true});
			if (this.#options.clock.monotonicMs() >= untilMs) return false;
			await delay(20);
		}
		return true;
	}
}

/**
 * Kills the group, and whatever of its session has left the group. The kernel gives no number of a session again that still has members, so when
 * another process has the leader's number there is nothing of ours left.
 */
async function endSession({pid, startTicks}: Run): Promise<void> {
	const leader = await processState(pid);
	if (leader !== undefined && leader.startTicks !== startTicks) return;
	const members = await processesOf(pid);
	for (const {pid: member} of members) {
		try {
			process.kill(member, 'SIGKILL');
		} catch {
			// It has ended meanwhile.
		}
	}
}
