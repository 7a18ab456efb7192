import {open, readFile, rename} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {syncDirectory} from './database.js';
import {corrupt} from './head.js';
import type {Position} from './revision.js';
import {seal, unseal} from './seal.js';

const Sworn = z.strictObject({epoch: z.int().min(0), counter: z.int().min(0)}).readonly();

/** Where the witness stands. It also tells that a store was once created here. */
export const witnessPath = (directory: string): string => join(directory, 'witness');

/**
 * The last position known to be acknowledged, kept outside of LevelDB, whose recovery may drop the end of its log without a word. A store
 * that is behind its witness has lost acknowledged writes. Undefined when there is none; throws `Corrupt` when it is damaged.
 */
export async function readWitness(directory: string): Promise<Position | undefined> {
	const sealed = await readFile(witnessPath(directory)).catch((error: unknown) => {
		if (z.object({code: z.literal('ENOENT')}).safeParse(error).success) return undefined;
		throw error;
	});
	if (sealed === undefined) return undefined;
	const parsed = Sworn.safeParse(JSON.parse(unseal('witness', sealed)));
	if (!parsed.success) throw corrupt('The witness file does not hold a position.', parsed.error);
	return parsed.data;
}

/** Replaces the witness atomically and durably. */
export async function writeWitness(directory: string, {epoch, counter}: Position): Promise<void> {
	const path = witnessPath(directory);
	const file = await open(`${path}.new`, 'w', 0o600);
	try {
		await file.writeFile(seal('witness', JSON.stringify({epoch, counter})));
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(`${path}.new`, path);
	await syncDirectory(directory);
}
