import type {Instance} from '../../store/resources/instance.js';
import type {Service} from '../../store/resources/service.js';
import type {LogLine, LogOptions} from '../../store/resources/log-line.js';
import type {WorkloadStatistics} from '../../store/resources/workload-statistics.js';

/** `NotFound`: nothing runs (or ran) in the slot. `Unavailable`: the engine or the node that has it does not answer. `Forbidden`: the node does not permit it. */
export type WorkloadErrorCode = 'NotFound' | 'Unavailable' | 'Forbidden' | 'Failed';

/** Why nothing can be said of a workload. */
export class WorkloadError extends Error {
	override readonly name = 'WorkloadError';
	readonly code: WorkloadErrorCode;
	constructor(code: WorkloadErrorCode, message: string, options: {cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
	}
}

/** What runs for an Instance, wherever that is. Everything ends by its signal, and throws `WorkloadError`. */
export interface Workloads {
	/** Completes when the instance ends, or at once at the end of what there is when `follow` is false. */
	logs(instance: Instance, options: LogOptions & {readonly signal: AbortSignal}): AsyncIterable<LogLine>;
	stats(instance: Instance, signal: AbortSignal): Promise<WorkloadStatistics>;
	/** Named volumes of a Service, by the engine's own names; they outlive it. */
	volumes(service: Service): readonly string[];
}
