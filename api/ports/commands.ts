import type {Instance} from '../../store/resources/instance.js';
import type {LogLine} from '../../store/resources/log-line.js';

/** Runs commands inside of what runs. */
export interface Commands {
	/** Runs a command in an Instance of this node and resolves with its exit code. Ends by its signal; throws `WorkloadError`. */
	run(instance: Instance, options: {readonly command: readonly string[]; readonly onOutput: (line: LogLine) => void; readonly signal: AbortSignal}): Promise<number>;
}
