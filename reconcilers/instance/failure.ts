import type {Instance} from '../../store/resources/instance.js';
import {EngineError} from '../ports/engine.js';
import type {EngineErrorCode, Observation} from '../ports/engine.js';
import {timestamp} from '../timestamp.js';
import {restartDelayMs} from './crash-backoff.js';
import type {Verdict} from './status.js';

/** What to do after a failed step: look again soon, after a time, or when something changes. */
export type Retry = {readonly kind: 'backoff'} | {readonly kind: 'after'; readonly ms: number} | {readonly kind: 'never'};

/** How a failure reads in the status. */
export interface FailureVerdict {
	readonly verdict: Verdict;
	readonly retry: Retry;
}

/** A host port that somebody has, in a sentence that says who. `holder` is the uid of another Instance of this node, when it is one. */
export class PortHeldError extends Error {
	override readonly name = 'PortHeldError';
	readonly holder: string;
	constructor(message: string, holder: string) {
		super(message);
		this.holder = holder;
	}
}

/** What a failure is judged by: what was in the slot before, and whether the look before failed as well. */
export interface FailureContext {
	readonly observed: Observation | undefined;
	readonly isRepeated: boolean;
	readonly nowMs: number;
}

/** The status an Instance has after `error`; nothing for what says only *inspect, then decide again*, unless it says so again and again. */
export function verdictOf(error: unknown, instance: Instance, {observed, isRepeated, nowMs}: FailureContext): FailureVerdict | undefined {
	const keepsRunning = observed?.state === 'running';
	if (error instanceof PortHeldError) return said(instance, {phase: 'Pending', reason: 'PortTaken', message: error.message}, keepsRunning);
	// What ran before can be started: it is the engine or the machine that cannot now, which is no crash of the workload.
	if (error instanceof EngineError && error.code === 'StartFailed' && observed?.startedAt === undefined) return startFailed(error, instance, nowMs);
	if (error instanceof EngineError && error.code === 'ImageDamaged') return startFailed(error, instance, nowMs);
	const known = error instanceof EngineError ? reasons[error.code] : undefined;
	if (known === undefined) {
		if (!isRepeated) return undefined;
		return said(instance, {phase: instance.status?.phase ?? 'Pending', reason: 'EngineFailed', message: messageOf(error)}, keepsRunning);
	}
	const isEngineAway = known.reason === 'EngineUnavailable' || known.reason === 'EngineDetached';
	return said(instance, {...known, phase: phaseOf(known, instance), message: messageOf(error)}, keepsRunning && !isEngineAway);
}

/** Of an engine that does not answer, what it runs goes on as it was; of one whose program has gone, nobody knows. */
function phaseOf({phase, reason}: Reason, {status}: Instance): Verdict['phase'] {
	if (status?.engineId === undefined) return phase;
	return reason === 'EngineUnavailable' ? status.phase : reason === 'EngineDetached' ? 'Unknown' : phase;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Reason {
	readonly phase: Verdict['phase'];
	readonly reason: string;
	readonly isPermanent?: boolean;
}

const reasons: Readonly<Partial<Record<EngineErrorCode, Reason>>> = {
	ImageUnavailable: {phase: 'Failed', reason: 'ImageUnavailable'},
	Unavailable: {phase: 'Pending', reason: 'EngineUnavailable'},
	Detached: {phase: 'Pending', reason: 'EngineDetached'},
	PortTaken: {phase: 'Pending', reason: 'PortTaken'},
	NameConflict: {phase: 'Failed', reason: 'NameConflict'},
	Refused: {phase: 'Failed', reason: 'PolicyRefused', isPermanent: true},
	// An engine may answer so for its own state too: asked again now and then.
	Invalid: {phase: 'Failed', reason: 'SpecInvalid'},
	StartFailed: {phase: 'Failed', reason: 'StartFailed'},
	Failed: {phase: 'Failed', reason: 'EngineFailed'},
};

function said(instance: Instance, {isPermanent, ...told}: Reason & {readonly message: string}, keepsRunning: boolean): FailureVerdict {
	const verdict = keepsRunning ? {...told, phase: 'Running' as const, ready: instance.status?.ready ?? false} : {...told, ready: false};
	return {verdict, retry: {kind: isPermanent ? 'never' : 'backoff'}};
}

/** A command that cannot be started is a crash before the first instruction: the same back-off, from its second step on. */
function startFailed(error: EngineError, {spec, status}: Instance, nowMs: number): FailureVerdict {
	const failures = (status?.failures ?? 0) + 1;
	const ms = restartDelayMs(failures, spec.image.maxBackoffSeconds);
	const nextAttemptAt = timestamp(new Date(nowMs + ms));
	return {verdict: {phase: 'Failed', reason: error.code, message: error.message, ready: false, failures, nextAttemptAt}, retry: {kind: 'after', ms}};
}
