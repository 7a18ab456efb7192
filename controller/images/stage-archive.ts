import {randomBytes} from 'node:crypto';
import {mkdir, open, rm, statfs} from 'node:fs/promises';
import {join} from 'node:path';
import {ArchiveError} from './archive/archive-error.js';
import type {ArchiveLimits} from './archive/archive-limits.js';
import {checkArchive, type ArchiveExpectation, type CheckedArchive} from './archive/check-archive.js';

/** An archive that lies on the disk and was looked through; it goes when it is disposed of. */
export interface StagedArchive extends AsyncDisposable {
	readonly path: string;
	readonly checked: CheckedArchive;
}

/** Where archives lie while they come in. */
export interface StagingOptions {
	readonly directory: string;
	readonly limits: ArchiveLimits;
	readonly expected: ArchiveExpectation;
	/** The store on the same disk keeps this much. */
	readonly reserveBytes?: number;
	readonly onBytes?: (bytes: number) => void;
}

const defaultReserveBytes = 256 * 2 ** 20;
/** How often the room is looked at. */
const lookEveryBytes = 16 * 2 ** 20;

/** Writes an archive to a file while it is looked through. Throws `ArchiveError`, and then leaves nothing. */
export async function stageArchive(bytes: AsyncIterable<Uint8Array>, {directory, limits, expected, reserveBytes = defaultReserveBytes, onBytes}: StagingOptions): Promise<StagedArchive> {
	await mkdir(directory, {recursive: true, mode: 0o700});
	const path = join(directory, `${randomBytes(12).toString('hex')}.tar`);
	const dispose = async (): Promise<void> => rm(path, {force: true});
	const file = await open(path, 'wx', 0o600);
	async function* written(): AsyncGenerator<Uint8Array, void> {
		let count = 0;
		let lookAt = 0;
		for await (const chunk of bytes) {
			if (count >= lookAt) {
				lookAt += lookEveryBytes;
				await assertRoom(directory, {bytes: lookEveryBytes, reserveBytes});
			}
			await file.writeFile(chunk);
			count += chunk.length;
			onBytes?.(count);
			yield chunk;
		}
	}
	try {
		const checked = await checkArchive(written(), limits, expected);
		await file.close();
		return {path, checked, [Symbol.asyncDispose]: dispose};
	} catch (error) {
		await file.close();
		await dispose();
		throw error;
	}
}

/** Throws `ArchiveError` when so many bytes more would leave less than the reserve on the disk of a directory. */
export async function assertRoom(directory: string, {bytes, reserveBytes = defaultReserveBytes}: {readonly bytes: number; readonly reserveBytes?: number | undefined}): Promise<void> {
	const {bavail, bsize} = await statfs(directory);
	if (bavail * bsize < reserveBytes + bytes) throw new ArchiveError('TooLarge', `there is no room for it on this node's disk: ${bavail * bsize} bytes are free, and ${reserveBytes} stay free for the node itself`);
}

/** Removes what a process that was killed left behind. */
export async function clearStaging(directory: string): Promise<void> {
	await rm(directory, {recursive: true, force: true});
}
