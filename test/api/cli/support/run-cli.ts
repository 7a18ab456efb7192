import {PassThrough} from 'node:stream';
import type {CliEnvironment} from '../../../../api/cli/args.js';
import {run} from '../../../../api/cli/program.js';
import type {TestApi} from '../../support/serve.js';

/** What a run of the CLI said, and how it ended. */
export interface CliRun {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** A run that goes on: its output so far, and its end. */
export interface LiveRun {
	output(): string;
	interrupt(): void;
	readonly ended: Promise<CliRun>;
}

export interface RunOptions {
	readonly stdin?: string;
	readonly terminal?: boolean;
	/** Height of the terminal. */
	readonly rows?: number;
	/** A standard input that is not at its end after `stdin`. */
	readonly stdinStaysOpen?: boolean;
	readonly environment?: Partial<CliEnvironment>;
}

/** Environment of a user who knows no node. */
export const nobody: CliEnvironment = {contextFile: '/nonexistent/config', runDir: '/nonexistent/run', noColour: false, terminal: 'xterm'};

/** Begins a run of the real program in this process, against the node of `api`. */
export function startCli(api: TestApi | undefined, argv: readonly string[], {stdin = '', terminal = false, rows = 24, stdinStaysOpen = false, environment = {}}: RunOptions = {}): LiveRun {
	const interrupt = new AbortController();
	const stdout = Object.assign(new PassThrough(), {isTTY: terminal, columns: 120, rows});
	const stderr = Object.assign(new PassThrough(), {isTTY: terminal});
	const text = {stdout: '', stderr: ''};
	stdout.on('data', chunk => text.stdout += String(chunk));
	stderr.on('data', chunk => text.stderr += String(chunk));
	const input = new PassThrough();
	input.write(stdin);
	if (!stdinStaysOpen) input.end();
	const known = api ? {server: api.served.url, token: api.token} : {};
	const ended = run(argv, {stdin: input, stdout, stderr, environment: {...nobody, ...known, ...environment}, signal: interrupt.signal})
		.then(code => ({code, ...text}));
	return {output: () => text.stdout, interrupt: () => interrupt.abort(), ended};
}

/** Runs the real program to its end. */
export async function runCli(api: TestApi | undefined, argv: readonly string[], options: RunOptions = {}): Promise<CliRun> {
	return startCli(api, argv, options).ended;
}
