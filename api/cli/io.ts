import type {Readable, Writable} from 'node:stream';
import type {CliEnvironment} from './args.js';
import {printable} from './printable.js';

/** The world of one run of the CLI; tests give their own. */
export interface CliIo {
	readonly stdin: Readable;
	readonly stdout: Writable & {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number};
	readonly stderr: Writable & {readonly isTTY?: boolean};
	readonly environment: CliEnvironment;
	/** Aborts at Ctrl-C. */
	readonly signal: AbortSignal;
}

/** Writes text to the standard output: as it is, but for a terminal without what it would obey. */
export function write(io: CliIo, text: string): void {
	io.stdout.write(io.stdout.isTTY === true ? printable(text, {coloured: isColoured(io)}) : text);
}

/** Writes one line to the standard output, as `write` does. */
export function print(io: CliIo, line: string): void {
	write(io, `${line}\n`);
}

/** Writes one line to the standard error. */
export function warn(io: CliIo, line: string): void {
	io.stderr.write(`${io.stderr.isTTY === true ? printable(line, {coloured: false}) : line}\n`);
}

/** True when the output is a terminal that may be redrawn. */
export function isLive(io: CliIo): boolean {
	return io.stdout.isTTY === true && io.environment.terminal !== 'dumb';
}

/** True when the output is a terminal that wants colour. @see https://no-color.org */
export function isColoured(io: CliIo): boolean {
	return isLive(io) && !io.environment.noColour;
}
