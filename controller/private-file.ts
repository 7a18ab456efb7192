import {open, readFile, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {z} from 'zod';

const SystemError = z.object({code: z.string()});

/** The `code` of a Node system error such as `ENOENT`, or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
	return SystemError.safeParse(error).data?.code;
}

/** The file's text, or undefined when there is none. A file of /proc whose process ends meanwhile is none either (ESRCH). */
export async function readIfThere(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, 'utf8');
	} catch (error) {
		if (['ENOENT', 'ESRCH'].includes(systemErrorCode(error) ?? '')) return undefined;
		throw error;
	}
}

/** Writes a file as a whole or not at all: mode 0600 unless said, synced with its directory before it takes the name. */
export async function writePrivateFile(path: string, text: string, mode = 0o600): Promise<void> {
	const unfinished = `${path}.unfinished-${process.pid}`;
	// One left by a process of this number that died, perhaps with another mode, is not written into.
	await rm(unfinished, {force: true});
	const file = await open(unfinished, 'wx', mode);
	try {
		await file.writeFile(text);
		await file.sync();
		await rename(unfinished, path);
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	} finally {
		await file.close();
	}
	const directory = await open(dirname(path), 'r');
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}
