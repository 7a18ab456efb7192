import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, open} from 'node:fs/promises';
import {dirname} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {z} from 'zod';
import {systemErrorCode} from './private-file.js';
import {startTicksOf, type RunState} from './run-state.js';

/** What the node's process tells the one that started it. */
const Told = z.union([z.strictObject({ready: z.literal(true)}), z.strictObject({failed: z.string()})]);

/** Twenty lines are never longer, and a log may be. */
const tailBytes = 64 * 1024;

/** Starting or stopping the daemon did not work; the message holds what the node itself said. */
export class DaemonError extends Error {
	override readonly name = 'DaemonError';
	readonly code = 'DaemonFailed';
}

/**
 * Starts this same program in the background with `args`, its output appended to `logFile`, and resolves when it says it is ready.
 * Rejects with what it said when it ends or is silent for `deadlineMs`; a silent one is left alone to be looked at.
 */
export async function startDaemon({program, args, logFile, deadlineMs}: {program: string; args: readonly string[]; logFile: string; deadlineMs: number}): Promise<void> {
	// By default this is the data directory, which is nobody else's.
	await mkdir(dirname(logFile), {recursive: true, mode: 0o700});
	const log = await open(logFile, 'a', 0o640);
	try {
		const {size} = await log.stat();
		const child = fork(program, [...args], {detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc']});
		const deadline = new AbortController();
		const told = await Promise.race([
			once(child, 'message', {signal: deadline.signal}).then(([message]: unknown[]) => Told.parse(message)),
			once(child, 'exit', {signal: deadline.signal}).then(async () => ({failed: await tail(logFile, size)})),
			delay(deadlineMs, {failed: `not ready after ${Math.round(deadlineMs / 1000)} s; see ${logFile}`}, {signal: deadline.signal}),
		]).finally(() => {
			deadline.abort();
		});
		if (child.connected) child.disconnect();
		child.unref();
		if ('failed' in told) throw new DaemonError(told.failed);
	} finally {
		await log.close();
	}
}

/** Asks the node to end, waits until it has, and kills it after `graceMs`. Its containers go on. */
export async function stopDaemon({state, graceMs}: {state: Pick<RunState, 'pid' | 'startTicks'>; graceMs: number}): Promise<void> {
	signal(state.pid, 'SIGTERM');
	const until = performance.now() + graceMs;
	let killed = false;
	while (await startTicksOf(state.pid) === state.startTicks) {
		if (performance.now() > until && !killed) {
			killed = true;
			signal(state.pid, 'SIGKILL');
		}
		if (performance.now() > until + graceMs) throw new DaemonError(`process ${state.pid} does not end, not even by SIGKILL; look at it with: ps -o pid,stat,wchan ${state.pid}`);
		await delay(20);
	}
}

function signal(pid: number, name: NodeJS.Signals): void {
	try {
		process.kill(pid, name);
	} catch (error) {
		if (systemErrorCode(error) === 'EPERM') throw new DaemonError(`process ${pid} belongs to another user; run this as root or as that user`);
		if (systemErrorCode(error) !== 'ESRCH') throw error;
	}
}

/** What the log gained since it was `from` bytes long, at most its last 20 lines. */
async function tail(file: string, from: number): Promise<string> {
	await using log = await open(file, 'r');
	const {size} = await log.stat();
	const start = Math.max(from, size - tailBytes);
	const {buffer, bytesRead} = await log.read({buffer: Buffer.alloc(Math.max(0, size - start)), position: start});
	const text = buffer.toString('utf8', 0, bytesRead).trim();
	// What it complains of begins as every complaint of the command line does, and is about to be said once more.
	return text === '' ? `it ended without a word; see ${file}` : text.split('\n').slice(-20).join('\n').replace(/^error: /u, '');
}
