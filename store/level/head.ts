import {z} from 'zod';
import {StoreError} from '../errors.js';
import {corruptionFix} from './seal.js';

/**
 * The record that every batch renews: where the store stands, and by what its objects are known to be complete. `base` is the counter
 * before the first write of this epoch; `digest` is that of `Table`.
 */
export const Head = z.strictObject({
	epoch: z.int().min(0),
	counter: z.int().min(0),
	base: z.int().min(0),
	count: z.int().min(0),
	digest: z.int().min(0),
}).readonly();
export type Head = z.infer<typeof Head>;

/** The version of the on-disk layout that this code writes and reads. */
export const formatVersion = 1;

/** Throws unless `text` is a format this code reads: `NewerFormat` for one of a later version. */
export function checkFormat(text: string): void {
	const {version} = z.object({version: z.int().min(1)}).parse(JSON.parse(text));
	if (version > formatVersion) {
		throw new StoreError('NewerFormat', `The store has format ${version}; this version of Motey reads up to ${formatVersion}.`, {
			fix: 'Start the newer Motey that wrote it, or restore a backup made before the upgrade.',
		});
	}
}

/** What to throw when the parts of a store do not agree. */
export function corrupt(message: string, cause?: unknown): StoreError {
	return new StoreError('Corrupt', message, {fix: corruptionFix, cause});
}
