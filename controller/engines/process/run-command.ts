import {spawn} from 'node:child_process';
import {once} from 'node:events';
import type {LogLine} from '../../../store/resources/log-line.js';
import {logLines} from '../docker/log-lines.js';
import type {Launch} from './record.js';
import {environmentOf} from './spawn-run.js';
import {userIds} from './user.js';

/** Exit codes of a shell for a program that is not there, or cannot be run. */
const notFound = 127;

/**
 * Runs a command as the program runs: in its directory, with its environment and as its user. Resolves with its exit code, 127 when there is no such
 * program; `signal` kills it with what it started.
 */
export async function runCommand(launch: Launch, [program = '', ...words]: readonly string[], {signal, onOutput}: {readonly signal: AbortSignal; readonly onOutput: (line: LogLine) => void}): Promise<number> {
	const ids = launch.user === undefined ? {} : await userIds(launch.user);
	const child = spawn(program, words, {...ids, detached: true, cwd: launch.workingDirectory, env: environmentOf(launch), stdio: ['ignore', 'pipe', 'pipe']});
	try {
		await once(child, 'spawn');
	} catch (error) {
		onOutput({stream: 'stderr', text: error instanceof Error ? error.message : String(error)});
		return notFound;
	}
	const end = (): void => {
		if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
	};
	const closed = once(child, 'close');
	signal.addEventListener('abort', end, {once: true});
	if (signal.aborted) end();
	try {
		await Promise.all([tell(child.stdout, 'stdout', onOutput), tell(child.stderr, 'stderr', onOutput), closed]);
		return child.exitCode ?? 137;
	} finally {
		signal.removeEventListener('abort', end);
	}
}

/** Signals a whole process group; one that has ended is none. */
export function killGroup(group: number, signal: NodeJS.Signals): void {
	try {
		process.kill(-group, signal);
	} catch {
		// It has ended meanwhile.
	}
}

async function tell(source: AsyncIterable<Buffer>, stream: LogLine['stream'], onOutput: (line: LogLine) => void): Promise<void> {
	for await (const {text} of logLines(source, {tty: true})) onOutput({stream, text});
}
