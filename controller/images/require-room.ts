import {statfs} from 'node:fs/promises';
import {ArchiveError} from './archive/archive-error.js';

/** The store on the same disk keeps this much. */
const defaultReserveBytes = 256 * 2 ** 20;

/** Throws `ArchiveError` when the disk of a directory has no room for so much beside what stays free for the node. */
export async function requireRoom(directory: string, {reserveBytes = defaultReserveBytes, neededBytes = 0}: {readonly reserveBytes?: number; readonly neededBytes?: number} = {}): Promise<void> {
	const {bavail, bsize} = await statfs(directory);
	if (bavail * bsize < reserveBytes + neededBytes) throw new ArchiveError('TooLarge', `there is no room for it on this node's disk: ${bavail * bsize} bytes are free, and ${reserveBytes} stay free for the node itself`);
}
