import {cliEnvironment} from './args.js';
import {exitCodes} from './exit-codes.js';
import {run} from './program.js';
import type {Verb} from './verb.js';

/**
 * Runs this process's command line with `verbs` and sets its exit code. The first Ctrl-C ends the verb with 130, the second one the process;
 * a reader that goes away (`motey get … | head -1`) ends it silently. What listens for SIGHUP then, because it has something to take away first,
 * is told so instead.
 */
export async function runInTerminal(verbs: readonly Verb[]): Promise<void> {
	const interrupt = new AbortController();
	process.once('SIGINT', () => interrupt.abort());
	let isHungUp = false;
	for (const stream of [process.stdout, process.stderr]) {
		stream.on('error', (error: NodeJS.ErrnoException) => {
			if (isHungUp) return;
			isHungUp = process.emit('SIGHUP', 'SIGHUP');
			if (!isHungUp) process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.error);
		});
	}
	process.exitCode = await run(process.argv.slice(2), {
		// Opened only by the verb that reads it.
		get stdin() {
			return process.stdin;
		},
		stdout: process.stdout, stderr: process.stderr, environment: cliEnvironment(), signal: interrupt.signal,
	}, verbs);
}
