import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {open} from 'node:fs/promises';
import {join} from 'node:path';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {processState} from './proc.js';
import type {Launch} from './record.js';
import {userIds} from './user.js';

/**
 * A shell that waits for the program and writes its exit code down, so that it is known even if the agent was away. It begins only when it is told
 * to on its standard input: an agent that ends before it has noted the process number leaves nothing running. Signals to the group reach the
 * program, and the shell outlives them; what it traps is back to normal in the program. What the shell itself has to say of that is nobody's log.
 */
const supervise = `read -r word && [ "$word" = go ] || exit 125
trap : HUP INT QUIT TERM USR1 USR2
exec 4>&2 2>/dev/null
(exec 2>&4 3>&- 4>&- </dev/null; exec "$@")
echo $? >&3`;

/** Names of the files of a run, in the folder of its slot. */
export const runFiles = {
	log: (number: number): string => `run-${number}.log`,
	exit: (number: number): string => `run-${number}.exit`,
} as const;

/** A process that waits to be let go. */
export interface HeldRun {
	readonly pid: number;
	readonly startTicks: string;
	readonly child: ChildProcess;
	/** Begins the program. */
	go(): void;
	/** Ends it without having begun. */
	abandon(): void;
}

/** Starts the shell in a session and process group of its own, with its output appended to the run's log, and holds it. */
export async function spawnRun(launch: Launch, {directory, number}: {readonly directory: string; readonly number: number}): Promise<HeldRun> {
	const ids = launch.user === undefined ? {} : await userIds(launch.user);
	const log = await open(join(directory, runFiles.log(number)), 'a', 0o600);
	try {
		const exit = await open(join(directory, runFiles.exit(number)), 'w', 0o600);
		try {
			const child = spawn('/bin/sh', ['-c', supervise, 'motey', launch.program, ...launch.arguments], {
				...ids, detached: true, cwd: launch.workingDirectory, env: environmentOf(launch), stdio: ['pipe', log.fd, log.fd, exit.fd],
			});
			await once(child, 'spawn');
			return await held(child).catch((error: unknown) => {
				child.kill('SIGKILL');
				throw error;
			});
		} finally {
			await exit.close();
		}
	} catch (error) {
		if (error instanceof EngineError) throw error;
		throw new EngineError('StartFailed', `${launch.program} does not start in ${launch.workingDirectory}: ${error instanceof Error ? error.message : String(error)}`, {transient: false, cause: error});
	} finally {
		await log.close();
	}
}

/** `KEY=value` lines as a map; a later one wins. */
export const environmentOf = ({environment}: Launch): Readonly<Record<string, string>> => Object.fromEntries(environment.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));

async function held(child: ChildProcess): Promise<HeldRun> {
	const {pid, stdin} = child;
	const state = pid === undefined ? undefined : await processState(pid);
	if (pid === undefined || state === undefined || !stdin) throw new EngineError('StartFailed', 'the process ended before it began', {transient: true});
	// It may have been killed already; its end is told by its exit.
	stdin.on('error', () => undefined);
	child.unref();
	return {pid, startTicks: state.startTicks, child, go: () => stdin.end('go\n'), abandon: () => stdin.end()};
}
