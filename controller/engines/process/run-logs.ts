import {createReadStream, createWriteStream} from 'node:fs';
import {open, readdir, rename, rm, stat, truncate} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {setTimeout as delay} from 'node:timers/promises';
import type {LogLine, LogOptions} from '../../../store/resources/log-line.js';
import {readIfThere} from '../../private-file.js';
import {logLines} from '../docker/log-lines.js';
import {runFiles} from './spawn-run.js';

/** A log is cut at this size, and two older pieces of it are kept: three files of 10 MB, as the docker engine has them. */
export const logBytes = 10_000_000;
/** What one look may find beyond that, of a program that writes fast. */
const longestPieceBytes = 2 * logBytes;
const pieces = ['.2', '.1', ''] as const;
const followEveryMs = 200;

/** The log of one run. */
export interface RunLog {
	readonly directory: string;
	readonly number: number;
}

const pathOf = ({directory, number}: RunLog, piece: typeof pieces[number] = ''): string => join(directory, `${runFiles.log(number)}${piece}`);
const sizeOf = async (path: string): Promise<number> => stat(path).then(({size}) => size, () => 0);

/**
 * Cuts the log when it is too long. The program goes on appending to the same file meanwhile, so lines that it writes between the copy and the cut,
 * some microseconds, are lost; and of a log that grew while no agent was there only the end is kept.
 */
export async function rotate(log: RunLog): Promise<void> {
	const size = await sizeOf(pathOf(log));
	if (size < logBytes) return;
	await rename(pathOf(log, '.1'), pathOf(log, '.2')).catch(() => undefined);
	await pipeline(createReadStream(pathOf(log), {start: Math.max(0, size - longestPieceBytes), end: size - 1}), createWriteStream(pathOf(log, '.1'), {mode: 0o600}));
	await truncate(pathOf(log), 0);
}

/** Removes what is left of all runs but the last two. */
export async function dropOldRuns({directory, number}: RunLog): Promise<void> {
	const names = await readdir(directory).catch((): readonly string[] => []);
	const old = names.filter(name => Number(/^run-(\d+)\./u.exec(name)?.[1] ?? Infinity) < number - 1);
	await Promise.all(old.map(async name => rm(join(directory, name), {force: true})));
}

/** What stands in the exit file: the code, once the program has ended by itself. */
export async function exitCodeOf({directory, number}: RunLog): Promise<number | undefined> {
	const text = (await readIfThere(join(directory, runFiles.exit(number))))?.trim();
	return text !== undefined && /^\d+$/u.test(text) ? Number(text) : undefined;
}

/** When the log or the exit file was last written. */
export async function lastWrite({directory, number}: RunLog, file: keyof typeof runFiles): Promise<Date | undefined> {
	return stat(join(directory, runFiles[file](number))).then(({mtime}) => mtime, () => undefined);
}

/**
 * The lines of a run. Standard output and error share one file, in the order they were written, so all are told as standard output. When a line was
 * written is not kept: one that is read from the file bears the time of the last write, and `since` leaves a run out or takes it whole.
 */
export async function* readRunLog(log: RunLog, options: LogOptions & {readonly signal: AbortSignal; readonly isRunning: () => Promise<boolean>}): AsyncGenerator<LogLine, void, undefined> {
	const writtenAt = await lastWrite(log, 'log');
	const {sinceTime, sinceSeconds, tailLines, timestamps, limitBytes = Infinity} = options;
	const sinceMs = sinceTime !== undefined ? Date.parse(sinceTime) : sinceSeconds === undefined ? -Infinity : Date.now() - sinceSeconds * 1000;
	const history = writtenAt !== undefined && writtenAt.getTime() >= sinceMs;
	let left = limitBytes;
	const shown = (line: LogLine, at: Date): LogLine | undefined => {
		left -= Buffer.byteLength(line.text) + 1;
		return left < 0 ? undefined : timestamps ? {...line, text: `${at.toISOString()} ${line.text}`} : line;
	};
	const end = await sizeOf(pathOf(log));
	const kept: LogLine[] = [];
	for await (const line of logLines(written(log, end), {tty: true})) {
		if (!history) continue;
		if (tailLines === undefined) {
			const told = shown(line, writtenAt);
			if (told === undefined) return;
			yield told;
			continue;
		}
		kept.push(line);
		if (kept.length > tailLines) kept.shift();
	}
	for (const line of kept) {
		const told = writtenAt && shown(line, writtenAt);
		if (told === undefined) return;
		yield told;
	}
	if (!options.follow || options.previous) return;
	for await (const line of logLines(followed(log, end, options), {tty: true})) {
		const told = shown(line, new Date());
		if (told === undefined) return;
		yield told;
	}
}

/** What is in the files now, oldest first; of the present one `end` bytes. */
async function* written(log: RunLog, end: number): AsyncGenerator<Buffer> {
	for (const piece of pieces) yield* bytesOf(pathOf(log, piece), 0, piece === '' ? end : Infinity);
}

/** What is appended from `at` on, until the run has ended. */
async function* followed(log: RunLog, from: number, {signal, isRunning}: {readonly signal: AbortSignal; readonly isRunning: () => Promise<boolean>}): AsyncGenerator<Buffer> {
	let at = from;
	while (!signal.aborted) {
		// Asked first: what was written before the end is read after it.
		const goesOn = await isRunning();
		const size = await sizeOf(pathOf(log));
		if (size < at) {
			yield* bytesOf(pathOf(log, '.1'), at, Infinity);
			at = 0;
		}
		yield* bytesOf(pathOf(log), at, size);
		at = size;
		if (!goesOn) return;
		await delay(followEveryMs, undefined, {signal}).catch(() => undefined);
	}
}

async function* bytesOf(path: string, from: number, to: number): AsyncGenerator<Buffer> {
	if (from >= to) return;
	const file = await open(path, 'r').catch(() => undefined);
	if (!file) return;
	yield* file.createReadStream({start: from, ...(Number.isFinite(to) ? {end: to - 1} : {})});
}
