import {changedFiles, fileDefaults, type MountedFile, type OnChange} from '../../store/resources/files.js';
import {containerUid} from '../../store/resources/instance.js';
import type {Instance, InstanceStatus} from '../../store/resources/instance.js';
import {isDeleting} from '../finalizers.js';
import {cpuMillis, memoryBytes} from '../placement/quantity.js';
import type {Observation} from '../ports/engine.js';
import type {LeaseStanding} from '../remote/leases.js';
import {timestamp} from '../timestamp.js';
import {failuresBefore, forgivenAfterMs, remainingMs, restartDelayMs} from './crash-backoff.js';
import {isOfThisSpec, statusOf} from './status.js';
import type {Verdict} from './status.js';

/** One Instance, what is in its slot, and when. */
export interface InstanceView {
	readonly instance: Instance;
	/** The container's name as it should be. */
	readonly name: string;
	readonly observed: Observation | undefined;
	/** Whether it may run here as far as its lease goes. */
	readonly lease?: LeaseStanding;
	/** Milliseconds since 1970. */
	readonly nowMs: number;
}

/** Why something is started. */
export type StartCause = 'first' | 'removed' | 'crashed' | 'interrupted' | 'unfinished' | 'refiled';

/** The counts after a start succeeds. */
export interface Counts {
	readonly restarts: number;
	readonly failures: number;
}

/**
 * The one next thing to do. `start` prepares, then creates what is absent and starts it; `replace` prepares first, so that what cannot be had
 * never stops what runs; `renew` has a damaged image anew and makes the container anew from it, or starts it as it is when the image proves whole; `refile` gives it new content of its files, and does the most that one of these asks for; `settle` writes the status when it differs and looks again by itself after `againAfterMs`, if that is given.
 */
export type Step =
	| {readonly do: 'start'; readonly cause: StartCause; readonly counts: Counts}
	| {readonly do: 'restart'; readonly counts: Counts}
	| {readonly do: 'replace'; readonly because: string}
	| {readonly do: 'renew'; readonly contentId: string; readonly isCertain: boolean; readonly counts: Counts}
	| {readonly do: 'refile'; readonly paths: readonly string[]; readonly onChange: OnChange; readonly counts: Counts}
	| {readonly do: 'resume'}
	| {readonly do: 'halt'}
	| {readonly do: 'limit'}
	| {readonly do: 'rename'}
	| {readonly do: 'remove'}
	| {readonly do: 'end'}
	| {readonly do: 'settle'; readonly status: InstanceStatus; readonly againAfterMs?: number};

/** Decides the next step. A converged view settles with the status it already has. */
export function planInstance(view: InstanceView): Step {
	const {instance, observed} = view;
	if (isDeleting(instance)) return {do: 'end'};
	const barred = planWithoutLease(view);
	if (barred) return barred;
	if (!observed) return planAbsent(view);
	if (observed.uid !== containerUid(instance)) {
		// Nothing of another's container is its own: neither its id nor where it can be reached.
		return settle({...view, observed: undefined}, {phase: 'Pending', reason: 'NameConflict', message: `the container ${observed.name} of an earlier Instance is still in the slot`, ready: false}, 1000);
	}
	if (observed.state === 'dead' || observed.state === 'removing') return {do: 'remove'};
	if (observed.name !== view.name) return {do: 'rename'};
	if (observed.specHash !== instance.spec.specHash) return {do: 'replace', because: 'its spec changed'};
	switch (observed.state) {
		case 'running': return planRunning(view, observed);
		case 'paused': return {do: 'resume'};
		case 'restarting': return settle(view, {phase: 'Starting', reason: 'Restarting', message: 'the engine is restarting it', ready: false}, 1000);
		case 'created': return waits(view) ?? remake(view) ?? {do: 'start', cause: 'unfinished', counts: countsOf(instance.status)};
		case 'exited': return planExited(view, observed);
		default: return observed.state satisfies never;
	}
}

/** What runs under a lease that has run out is stopped at once, with its grace; what waits for one is left as it is. */
function planWithoutLease(view: InstanceView): Step | undefined {
	const {lease = 'free', observed, instance} = view;
	if (lease === 'free' || lease === 'held') return undefined;
	const isUp = observed?.uid === containerUid(instance) && ['running', 'paused', 'restarting'].includes(observed.state);
	if (lease === 'asked') return isUp ? undefined : settle(view, {phase: 'Pending', reason: 'LeaseAsked', message: 'its owner is asked whether it may run here', ready: false});
	return isUp ? {do: 'halt'} : settle(view, {phase: 'Pending', reason: 'LeaseLost', message: 'it runs at most once, and its owner cannot be asked whether it may run here: it starts when the owner says so', ready: false});
}

function planAbsent(view: InstanceView): Step {
	const {instance: {spec, status}} = view;
	if (status?.specHash === spec.specHash && isFinal(status)) return {do: 'settle', status};
	const cause = status?.engineId === undefined ? 'first' : 'removed';
	const counts = countsOf(status);
	return waits(view) ?? {do: 'start', cause, counts: cause === 'removed' ? {...counts, restarts: counts.restarts + 1} : counts};
}

function planRunning(view: InstanceView, observed: Observation): Step {
	const {instance: {spec: {image}, status}, nowMs} = view;
	const changed = changedFiles(image.files, status?.files);
	// What was wrong with the old ones may be why it is not healthy.
	if (changed.length > 0) return refile(changed, countsOf(status));
	if (observed.health === 'unhealthy') {
		const verdict = {phase: 'Running', reason: 'Unhealthy', message: 'its health check fails', ready: false} as const;
		if (!image.restartUnhealthy || image.restartPolicy === 'Never') return settle(view, verdict);
		const failures = status?.failures ?? 0;
		const leftMs = remainingMs({since: observed.startedAt, delayMs: restartDelayMs(failures, image.maxBackoffSeconds), nowMs});
		if (leftMs > 0) return settle(view, {...verdict, nextAttemptAt: timestamp(new Date(nowMs + leftMs))}, leftMs);
		return {do: 'restart', counts: {restarts: (status?.restarts ?? 0) + 1, failures: failures + 1}};
	}
	if (isLimitedOtherwise(view, observed)) return {do: 'limit'};
	if (observed.health === 'starting') return settle(view, {phase: 'Running', reason: 'HealthCheckStarting', message: 'its first health check has not passed yet', ready: false});
	const failures = status?.failures ?? 0;
	const leftMs = failures === 0 ? 0 : remainingMs({since: observed.startedAt, delayMs: forgivenAfterMs, nowMs});
	const verdict = {phase: 'Running', reason: '', message: '', ready: true, failures: leftMs > 0 ? failures : 0} as const;
	return leftMs > 0 ? settle(view, verdict, leftMs) : settle(view, verdict);
}

function refile(changed: readonly MountedFile[], {restarts}: Counts): Step {
	const asked = new Set(changed.map(({onChange = fileDefaults.onChange}) => onChange));
	const onChange = (['restart', 'signal', 'none'] as const).find(one => asked.has(one)) ?? 'none';
	return {do: 'refile', paths: changed.map(({path}) => path), onChange, counts: {restarts: onChange === 'restart' ? restarts + 1 : restarts, failures: 0}};
}

function planExited(view: InstanceView, observed: Observation): Step {
	const {instance: {spec: {image}, status}, nowMs} = view;
	const code = observed.exitCode ?? -1;
	const restarts = (status?.restarts ?? 0) + 1;
	if (observed.endedWithEngine && image.restartPolicy !== 'Never') return remake(view) ?? {do: 'start', cause: 'interrupted', counts: {restarts, failures: status?.failures ?? 0}};
	if (code === 0 && image.restartPolicy !== 'Always') return settle(view, {phase: 'Terminated', reason: 'Completed', message: 'ended with exit code 0', ready: false});
	const ended = observed.exitReason === undefined ? `ended with exit code ${code}` : `ended with exit code ${code} (${observed.exitReason})`;
	if (image.restartPolicy === 'Never') return settle(view, {phase: 'Failed', reason: 'Error', message: ended, ready: false});
	if (observed.neverBegan === 'unrunnable' && observed.contentId !== undefined) return waits(view) ?? {do: 'renew', contentId: observed.contentId, isCertain: true, counts: {restarts, failures: status?.failures ?? 0}};
	// The old ones may be why it ended: what is mended is tried at once.
	if (changedFiles(image.files, status?.files).length > 0) return {do: 'start', cause: 'refiled', counts: {restarts, failures: 0}};
	// An end that came to light only with the engine's return is nobody's crash.
	if (observed.endedBeforeEngine && status?.finishedAt !== observed.finishedAt) return remake(view) ?? {do: 'start', cause: 'interrupted', counts: {restarts, failures: status?.failures ?? 0}};
	if (status?.reason === 'LeaseLost') return remake(view) ?? {do: 'start', cause: 'interrupted', counts: {restarts, failures: status.failures ?? 0}};
	const failures = failuresBefore(status, observed);
	const delayMs = restartDelayMs(failures, image.maxBackoffSeconds);
	const leftMs = remainingMs({since: observed.finishedAt, delayMs, nowMs});
	const counts = {restarts, failures: failures + 1};
	if (leftMs <= 0 && observed.neverBegan === 'missing' && observed.contentId !== undefined) return {do: 'renew', contentId: observed.contentId, isCertain: false, counts};
	if (leftMs <= 0) return remake(view) ?? {do: 'start', cause: 'crashed', counts};
	const nextAttemptAt = timestamp(new Date(Date.parse(observed.finishedAt ?? '') + delayMs));
	return settle(view, {phase: 'Failed', reason: 'CrashLoopBackOff', message: `${ended}; ${failures + 1} times in a row, restarted after ${delayMs / 1000} s`, ready: false, nextAttemptAt, failures}, leftMs);
}

/** How long a container is tried to be started as it is, in milliseconds. */
const asItIsMs = 10_000;

/**
 * A container that the engine has failed to start for a while is made anew: what an interrupted start leaves behind may bar every later one.
 * Not at once, because an engine that is just ending fails too, and would cost the container what it has written.
 */
function remake({instance, nowMs}: InstanceView): Step | undefined {
	const {status} = instance;
	if (status?.reason !== 'StartFailed' || !isOfThisSpec(instance)) return undefined;
	const since = status.conditions.find(condition => condition.type === 'Ready')?.lastTransitionTime;
	return remainingMs({since, delayMs: asItIsMs, nowMs}) === 0 ? {do: 'replace', because: 'it could not be started as it was'} : undefined;
}

/** Waits for `nextAttemptAt`, when that was said of this very spec and lies ahead. */
function waits({instance, nowMs}: InstanceView): Step | undefined {
	const {status} = instance;
	if (status?.nextAttemptAt === undefined || !isOfThisSpec(instance)) return undefined;
	const leftMs = Date.parse(status.nextAttemptAt) - nowMs;
	const isPlausible = leftMs <= instance.spec.image.maxBackoffSeconds * 1000;
	return leftMs > 0 && isPlausible ? {do: 'settle', status, againAfterMs: leftMs} : undefined;
}

function isLimitedOtherwise({instance: {spec: {image: {resources}}, status}}: InstanceView, {limits}: Observation): boolean {
	const applied = status?.resources;
	if (applied && (applied.cpu !== resources.cpu || applied.memory !== resources.memory)) return true;
	const differs = (wanted: number, actual: number | undefined, tolerance: number): boolean => Math.abs(wanted - (actual ?? 0)) > tolerance;
	return (resources.cpu !== undefined && differs(cpuMillis(resources.cpu), limits.cpuMillis, 1))
		|| (resources.memory !== undefined && differs(memoryBytes(resources.memory), limits.memoryBytes, 4096));
}

/** Ended by its restart policy, and not to be run again. */
function isFinal(status: InstanceStatus): boolean {
	return status.phase === 'Terminated' || (status.phase === 'Failed' && status.reason === 'Error');
}

const countsOf = (status: InstanceStatus | undefined): Counts => ({restarts: status?.restarts ?? 0, failures: status?.failures ?? 0});

function settle(view: InstanceView, verdict: Verdict, againAfterMs?: number): Step {
	const status = statusOf(view.instance, verdict, view);
	return againAfterMs === undefined ? {do: 'settle', status} : {do: 'settle', status, againAfterMs};
}
