import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {once} from 'node:events';
import {access, constants} from 'node:fs/promises';
import type {Readable} from 'node:stream';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {LogLine} from '../../../store/resources/log-line.js';
import {logLines} from '../docker/log-lines.js';
import {notPermitted, permittedPaths, type Permission} from './permission.js';
import type {Launch} from './record.js';
import {environmentOf} from './spawn-run.js';
import {userIds} from './user.js';

/** Exit code of a shell for a program that is not there, or cannot be run. */
const notFound = 127;

/** How a command runs, and where its output goes. */
export interface CommandOptions {
	readonly signal: AbortSignal;
	readonly permission: Permission;
	readonly onOutput: (line: LogLine) => void;
}

/**
 * Runs a command as the program runs: in its directory, with its environment and as its user. Resolves with its exit code, 127 when there is no such
 * program. Throws `Refused` for a program that is not permitted, and `Aborted` with `signal`, which kills it with what it started.
 */
export async function runCommand(launch: Launch, [word = '', ...words]: readonly string[], {signal, permission, onOutput}: CommandOptions): Promise<number> {
	const program = await firstThatRuns(permittedPaths(word, launch, permission));
	if (program === undefined) {
		const {message, fix} = notPermitted(word, permission);
		throw new EngineError('Refused', `${message}; ${fix}`, {transient: false});
	}
	const ids = launch.user === undefined ? {} : await userIds(launch.user);
	const throwIfAborted = (): void => {
		if (signal.aborted) throw new EngineError('Aborted', `Given up while ${word} ran`, {transient: true});
	};
	throwIfAborted();
	const child = await begin(program, words, {...ids, cwd: launch.workingDirectory, env: environmentOf(launch)}).catch((error: unknown) => {
		onOutput({stream: 'stderr', text: error instanceof Error ? error.message : String(error)});
	});
	if (child === undefined) return notFound;
	const end = (): void => {
		if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
		// What has left the group may hold them open for ever.
		child.stdout.destroy();
		child.stderr.destroy();
	};
	const closed = once(child, 'close');
	signal.addEventListener('abort', end, {once: true});
	if (signal.aborted) end();
	try {
		await Promise.all([tell(child.stdout, 'stdout', onOutput), tell(child.stderr, 'stderr', onOutput), closed]);
		return child.exitCode ?? 137;
	} catch (error) {
		throwIfAborted();
		throw error;
	} finally {
		signal.removeEventListener('abort', end);
	}
}

/** Rejects with what keeps it from running. */
async function begin(program: string, words: readonly string[], options: {readonly uid?: number; readonly gid?: number; readonly cwd: string; readonly env: Readonly<Record<string, string>>}): Promise<ChildProcessByStdio<null, Readable, Readable>> {
	const child = spawn(program, words, {...options, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
	await once(child, 'spawn');
	return child;
}

/** The first of them that can be run, or else the first: starting it says what is wrong. */
async function firstThatRuns(paths: readonly string[]): Promise<string | undefined> {
	for (const path of paths) {
		const runs = await access(path, constants.X_OK).then(() => true, () => false);
		if (runs) return path;
	}
	return paths[0];
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
