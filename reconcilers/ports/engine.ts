import type {Observable} from 'rxjs';
import type {ImageTemplate, Resources} from '../../store/resources/image.js';
import type {PortMapping} from '../../store/resources/instance.js';
import type {LogLine, LogOptions} from '../../store/resources/log-line.js';
import type {Refusal} from '../../store/resources/refusal.js';
import type {WorkloadStatistics} from '../../store/resources/workload-statistics.js';
import type {EngineImages} from './engine-images.js';

/** What an engine is asked to run: one slot of one image. Everything a container is made of follows from it and the engine's own defaults. */
export interface Workload {
	/** The container's name. Deterministic per slot and node, so that it is the lock of the slot. */
	readonly name: string;
	readonly namespace: string;
	readonly service: string;
	/** Name of the Instance. */
	readonly instance: string;
	/** uid of the Instance. */
	readonly uid: string;
	readonly slot: number;
	readonly binding: number;
	readonly fence: number;
	readonly specHash: string;
	readonly template: ImageTemplate;
	/** The very content to run, whatever `template.image` means on this node by now; only an engine with `images` is told. */
	readonly contentId?: string;
}

/** How an engine's instance is found again: by name, and when it was renamed by hand by uid. */
export type WorkloadReference = Pick<Workload, 'name' | 'uid'>;

/** What an engine says of one of our instances. Only what carries our node's label is ever reported. */
export interface Observation {
	readonly name: string;
	readonly namespace: string;
	readonly service: string;
	/** Name of the image entry. */
	readonly image: string;
	/** uid of the Instance it was made for. */
	readonly uid: string;
	readonly slot: number;
	readonly binding: number;
	readonly specHash: string;
	/** `dead`: the engine could not remove it; `removing`: under way. */
	readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing';
	/** `none`: the workload has no health check. Stale unless running. */
	readonly health: 'none' | 'starting' | 'healthy' | 'unhealthy';
	/** The engine's own id. */
	readonly engineId: string;
	readonly contentId?: string;
	readonly address?: string;
	readonly ports: readonly PortMapping[];
	/** RFC 3339. */
	readonly createdAt?: string;
	readonly startedAt?: string;
	readonly finishedAt?: string;
	readonly exitCode?: number;
	/** Why it ended, when the engine knows more than the code: `OOMKilled`, … */
	readonly exitReason?: string;
	/** It ended before its first instruction. `unrunnable`: what its image holds is no program for this machine. `missing`: its image holds no such program. */
	readonly neverBegan?: 'unrunnable' | 'missing';
	/** True when its end came with the engine's own (a daemon restart), which is no crash of the workload. */
	readonly endedWithEngine?: boolean;
	/** True when it ended before the engine's present run began: if nobody has seen that end before, nobody can tell whose doing it was. */
	readonly endedBeforeEngine?: boolean;
	/** The limits in force. */
	readonly limits: {readonly cpuMillis?: number; readonly memoryBytes?: number};
}

/** Health as the engine sees itself. `version` is empty while it does not answer. */
export interface EngineHealth {
	readonly healthy: boolean;
	readonly version: string;
	/** Why it is not healthy, or what of its own configuration its operator should change. */
	readonly message: string;
}

/** `changed`: look at the workload with this uid. `relist`: the stream was (re)connected, anything may have changed. `health`: the engine came or went. */
export type EngineHint = {readonly kind: 'changed'; readonly uid: string; readonly namespace: string; readonly instance: string} | {readonly kind: 'relist'} | {readonly kind: 'health'};

export interface CallOptions {
	readonly signal: AbortSignal;
}

/**
 * Runs instances. One interface for every driver (the VAL, virtualization abstraction layer), tested by the engine contract suite.
 * Every method may be repeated: already so is success. Every method ends by its signal or by a deadline of its own, and throws an `EngineError`.
 * A changing call whose answer was lost is *unknown* (`code: 'Unknown'`): inspect before any further step.
 */
export interface Engine extends AsyncDisposable {
	/** The name users write as `engine:`. */
	readonly name: string;
	/** Type of the capability that it is to its node while it is healthy; `engine` unless said. */
	readonly capabilityType?: string;
	/** Its images, when it can give them away and take them in. */
	readonly images?: EngineImages;
	health(options: CallOptions): Promise<EngineHealth>;
	/** What policy or vocabulary refuses, judged on the very configuration the engine would run. Pure: asks no daemon. */
	review(template: ImageTemplate, context: {readonly namespace: string; readonly service: string}): readonly Refusal[];
	/** Makes sure the image is here (by pull policy) and whatever else must exist before a start. Resolves with the content's id. */
	prepare(workload: Workload, options: CallOptions & {readonly onProgress?: (message: string) => void}): Promise<{readonly contentId: string}>;
	/** Creates it when absent and starts it. An existing one with the same uid and spec hash is started as it is, a paused one resumed. Throws `NameConflict` for a foreign one. */
	start(workload: Workload, options: CallOptions): Promise<Observation>;
	/** Asks it to end, and after `graceSeconds` makes it. Absent or ended is success. */
	stop(reference: WorkloadReference, options: CallOptions & {readonly graceSeconds: number}): Promise<void>;
	/** Removes it with its anonymous volumes. Named volumes stay. Absent is success. */
	remove(reference: WorkloadReference, options: CallOptions): Promise<void>;
	/**
	 * Removes what earlier calls had to leave behind or made for namespaces in which nothing is any more: those that are not in `wanted`. Never
	 * what is in use or was not made for this node. What cannot be removed now is left for the next time.
	 */
	tidy(options: CallOptions & {readonly wanted: ReadonlySet<string>}): Promise<void>;
	/** Changes limits of a running one in place. Resolves with false when this change needs a replacement. */
	update(reference: WorkloadReference, limits: Resources, options: CallOptions): Promise<boolean>;
	/**
	 * Gives a running one the files of `workload` as they are now, each at once or not at all, and with `hangUp` sends it SIGHUP. A file that waits
	 * for a restart is only seen after one: `start` gives it all of them anew. Absent where an engine takes no files, which its review then says.
	 */
	renewFiles?(workload: Workload, options: CallOptions & {readonly hangUp: boolean}): Promise<void>;
	/** What is in the slot, or undefined. One renamed by hand is found by uid and renamed back. */
	inspect(reference: WorkloadReference, options: CallOptions): Promise<Observation | undefined>;
	/** Everything here that carries our node's label, at a glance: times, limits and why it ended may be missing, which `inspect` has. */
	list(options: CallOptions): Promise<readonly Observation[]>;
	/** Completes when the instance ends or `follow` is false. `NotFound` when there is none, or no previous run. */
	logs(reference: WorkloadReference, options: CallOptions & LogOptions): AsyncIterable<LogLine>;
	stats(reference: WorkloadReference, options: CallOptions): Promise<WorkloadStatistics>;
	/** Runs a command inside; resolves with its exit code when it ends. */
	exec(reference: WorkloadReference, options: CallOptions & {readonly command: readonly string[]; readonly onOutput: (line: LogLine) => void}): Promise<number>;
	/** Hints that something changed. Never errors: reconnects by itself and says `relist` when it has. */
	events(): Observable<EngineHint>;
	/** Host ports a template asks for by number, for the check before a create. */
	hostPorts(template: ImageTemplate): readonly {readonly host: number; readonly protocol: 'tcp' | 'udp' | 'sctp'; readonly address?: string}[];
	/** Named volumes a template uses, by the engine's own name for them; they outlive the Service. */
	volumes(template: ImageTemplate, context: {readonly namespace: string; readonly service: string}): readonly string[];
}

/** `ImageDamaged`: what this node has of an image cannot be run, as after a power cut. `Detached`: the program that brings the engine is not there, so nothing is known of what it runs. */
export type EngineErrorCode = 'Unavailable' | 'Detached' | 'Unknown' | 'NotFound' | 'NameConflict' | 'ImageUnavailable' | 'ImageDamaged' | 'PortTaken' | 'Refused' | 'Invalid' | 'StartFailed' | 'Failed' | 'Aborted';

/** Codes are API: they never change within a major version; messages may. */
export class EngineError extends Error {
	override readonly name = 'EngineError';
	readonly code: EngineErrorCode;
	/** True when the same call may succeed later; the work queue then backs off and retries. */
	readonly transient: boolean;
	constructor(code: EngineErrorCode, message: string, options: {transient: boolean; cause?: unknown}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.transient = options.transient;
	}
}

/** Engines by name; `undefined` for a name nobody registered. The first healthy one is the default. */
export interface Engines {
	get(name: string): Engine | undefined;
	/** Those that are here now: one that a program brings comes and goes. */
	readonly all: readonly Engine[];
	/** Those that may ever be in `all`, when there are more: they tell by a hint that they have come. */
	readonly possible?: readonly Engine[];
}
