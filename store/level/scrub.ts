import {setTimeout as delay} from 'node:timers/promises';
import {StoreError} from '../errors.js';
import type {Database} from './database.js';
import {load} from './load.js';

/** Entries read in one go, and the rest after it, so that a scrub never competes with work. */
const slice = 200;
const restMs = 10;

/**
 * Verifies everything on disk as a start does, on one snapshot and with low priority. Answers the damage found, or undefined; an
 * interruption (`signal`, or a database that closes meanwhile) finds nothing.
 */
export async function scrub(database: Database, {signal}: {readonly signal?: AbortSignal} = {}): Promise<StoreError | undefined> {
	const pace = async (): Promise<void> => {
		await delay(restMs, undefined, {ref: false, ...signal && {signal}});
	};
	try {
		await using snapshot = database.snapshot();
		await load(database, {snapshot, slice, pace});
		return undefined;
	} catch (error) {
		return error instanceof StoreError && database.status === 'open' && !signal?.aborted ? error : undefined;
	}
}
