import type {Observation} from '../../../reconcilers/ports/engine.js';
import {readLogs} from './logs.js';

/** What runc ends with when it cannot exec the program: 1, from 1.1.8 on 255. */
const runcCodes: ReadonlySet<number | undefined> = new Set([1, 255]);
/** It ends at once; Docker may even say that it ended before it began. */
const atOnceMs = 2000;
/** How runc says so, which is all that Docker keeps of it: as the first and only line of the container's log, or the last of the run. */
const sentence = /^(?:exec \S+|.*exec user process caused): exec format error\s*$/u;

/** Whether a container ended before its first instruction, because its program is none for this machine: an empty file, as a power cut leaves them, or one for another processor. */
export async function neverBegan(dependencies: Parameters<typeof readLogs>[0], observed: Observation, signal: AbortSignal): Promise<boolean> {
	const {state, exitCode, startedAt = '', finishedAt = '', exitReason} = observed;
	if (state !== 'exited' || exitReason !== undefined || !runcCodes.has(exitCode) || Date.parse(finishedAt) - Date.parse(startedAt) > atOnceMs) return false;
	try {
		let last = '';
		for await (const {text} of readLogs(dependencies, observed, {follow: false, timestamps: false, previous: false, tailLines: 1, signal})) last = text;
		return sentence.test(last);
	} catch {
		signal.throwIfAborted();
		// A log that cannot be read says nothing: it is a crash like any other.
		return false;
	}
}
