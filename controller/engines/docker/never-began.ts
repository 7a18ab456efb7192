import type {Observation} from '../../../reconcilers/ports/engine.js';
import {readLogs} from './logs.js';

/** It ends at once; Docker may even say that it ended before it began. */
const atOnceMs = 2000;
/** How Docker's own init, which is most containers' first process, and runc say that there is nothing to run: all that Docker keeps of it is the last line of the container's log. */
const initSays = /^\[FATAL tini \(\d+\)\] exec \S+ failed: (?<why>Exec format error|No such file or directory)\s*$/u;
const runcSays = /^(?:exec \S+|.*exec user process caused): (?<why>exec format error|no such file or directory)\s*$/u;
/** What they end with then; runc with 255 since 1.1.8. */
const codes: ReadonlySet<number | undefined> = new Set([1, 127, 255]);

/** Why a container ended before its first instruction, if it did: a program that is empty, as a power cut leaves them, or for another processor; or none at all. */
export async function neverBegan(dependencies: Parameters<typeof readLogs>[0], observed: Observation, signal: AbortSignal): Promise<Pick<Observation, 'neverBegan' | 'exitReason'>> {
	const {state, exitCode, startedAt = '', finishedAt = '', exitReason} = observed;
	if (state !== 'exited' || exitReason !== undefined || !codes.has(exitCode) || Date.parse(finishedAt) - Date.parse(startedAt) > atOnceMs) return {};
	try {
		let last = '';
		for await (const {text} of readLogs(dependencies, observed, {follow: false, timestamps: false, previous: false, tailLines: 1, signal})) last = text;
		const why = (initSays.exec(last) ?? runcSays.exec(last))?.groups?.['why']?.toLowerCase();
		return why === undefined ? {} : {neverBegan: why === 'exec format error' ? 'unrunnable' : 'missing', exitReason: why};
	} catch {
		signal.throwIfAborted();
		// A log that cannot be read says nothing: it is a crash like any other.
		return {};
	}
}
