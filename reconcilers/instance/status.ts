import {isDeepStrictEqual} from 'node:util';
import {withCondition} from '../../store/resources/condition.js';
import type {Instance, InstancePhase, InstanceStatus} from '../../store/resources/instance.js';
import type {Observation} from '../ports/engine.js';
import {timestamp} from '../timestamp.js';

/** What a decision says of an Instance, beside what was observed. */
export interface Verdict {
	readonly phase: InstancePhase;
	/** CamelCase, part of the API; empty when there is nothing to say. */
	readonly reason: string;
	readonly message: string;
	readonly ready: boolean;
	/** RFC 3339. */
	readonly nextAttemptAt?: string;
	/** Restarts in a row; left as it was when absent. */
	readonly failures?: number;
}

/** The status that follows. What an absent container can no longer say is kept from before, apart from where it could be reached. */
export function statusOf(instance: Instance, verdict: Verdict, {observed, nowMs}: {readonly observed: Observation | undefined; readonly nowMs: number}): InstanceStatus {
	const before = instance.status;
	const now = timestamp(new Date(nowMs));
	const {failures = before?.failures ?? 0, nextAttemptAt, ...said} = verdict;
	const ready = withCondition(before?.conditions ?? [], {
		type: 'Ready',
		status: verdict.ready ? 'True' : 'False',
		reason: verdict.reason === '' ? verdict.phase : verdict.reason,
		message: verdict.message,
		observedGeneration: instance.metadata.generation,
	}, now);
	return {
		...said,
		restarts: before?.restarts ?? 0,
		...pick(before?.resources, resources => ({resources})),
		...pick(before?.files, files => ({files})),
		...(observed ? seen(observed, before) : remembered(before)),
		...(failures > 0 ? {failures} : {}),
		...pick(nextAttemptAt, at => ({nextAttemptAt: at})),
		observedAt: now,
		conditions: ready,
	};
}

/** Whether two statuses say the same, apart from when it was looked. */
export function saysTheSame(a: InstanceStatus | undefined, b: InstanceStatus): boolean {
	return a !== undefined && isDeepStrictEqual({...a, observedAt: ''}, {...b, observedAt: ''});
}

/** Whether the status was written for the spec as it is now. */
export function isOfThisSpec({metadata, status}: Instance): boolean {
	return status?.conditions.find(condition => condition.type === 'Ready')?.observedGeneration === metadata.generation;
}

function seen(observed: Observation, before: InstanceStatus | undefined): Partial<InstanceStatus> {
	const {specHash, engineId, address, ports, startedAt, finishedAt, exitCode, state} = observed;
	const isOver = state === 'exited' || state === 'dead';
	const isSame = before?.engineId === engineId;
	return {
		specHash, engineId,
		...pick(observed.contentId ?? (isSame ? before.contentId : undefined), contentId => ({contentId})),
		...pick(address, value => ({address: value})),
		...(ports.length > 0 ? {ports} : {}),
		...pick(startedAt, value => ({startedAt: value})),
		...(isOver ? {...pick(finishedAt, value => ({finishedAt: value})), ...pick(exitCode, value => ({exitCode: value}))} : {}),
	};
}

function remembered(before: InstanceStatus | undefined): Partial<InstanceStatus> {
	return {
		...pick(before?.specHash, specHash => ({specHash})),
		...pick(before?.engineId, engineId => ({engineId})),
		...pick(before?.contentId, contentId => ({contentId})),
		...pick(before?.startedAt, startedAt => ({startedAt})),
		...pick(before?.finishedAt, finishedAt => ({finishedAt})),
		...pick(before?.exitCode, exitCode => ({exitCode})),
	};
}

/** A field only when it has a value: an optional field is absent, never undefined. */
function pick<V, R extends object>(value: V | undefined, field: (value: V) => R): R | Record<string, never> {
	return value === undefined ? {} : field(value);
}
