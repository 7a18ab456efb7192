import {mkdir} from 'node:fs/promises';
import {createHash} from 'node:crypto';
import {join} from 'node:path';
import {crc32} from 'node:zlib';
import {ZodError} from 'zod';
import {systemClock} from '../../../../controller/clock.js';
import type {Caller} from '../../../../controller/peers/caller.js';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import {chunkBytes, TransferLimits} from '../../../../controller/peers/transfer/limits.js';
import {Transfers, type TransfersOptions} from '../../../../controller/peers/transfer/transfers.js';
import {OpenRequest} from '../../../../controller/peers/transfer/wire.js';

export const local: Caller = {kind: 'local'};
const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** The transfers of a node whose files are in `files` and whose own things in `data` of a directory. */
export async function openTransfers(directory: string, {limits = {}, ...options}: Partial<Omit<TransfersOptions, 'limits'>> & {readonly limits?: Partial<TransferLimits>} = {}): Promise<Transfers> {
	await mkdir(join(directory, 'data'), {recursive: true});
	return Transfers.open({allow: [join(directory, 'files')], dataDir: join(directory, 'data'), limits: TransferLimits.parse(limits), clock: systemClock, log: silent, ...options});
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Opens a file to write; everything not said is as the protocol has it. */
export const begin = async (transfers: Transfers, request: {readonly path: string; readonly size: number; readonly resume?: string; readonly mode?: number; readonly parents?: boolean; readonly sha256?: string}, caller = local) =>
	transfers.begin(OpenRequest.parse({write: true, ...request}), caller);

/** Sends pieces of `content` from `offset` up to `end`. */
export async function send(transfers: Transfers, {transfer, offset}: {readonly transfer: string; readonly offset: number}, content: Uint8Array, end = content.length): Promise<number> {
	let held = offset;
	while (held < end) {
		const bytes = content.subarray(held, Math.min(held + chunkBytes, end));
		held = await transfers.write({transfer, offset: held, checksum: crc32(bytes), bytes}, local, AbortSignal.timeout(60_000));
	}
	return held;
}

/** Ends a sending with the digest of `content`. */
export const commit = async (transfers: Transfers, transfer: string, content: Uint8Array) => transfers.commit({transfer, sha256: sha256Of(content)}, local, AbortSignal.timeout(60_000));

/** Sends a file from begin to end. */
export async function sendWhole(transfers: Transfers, path: string, content: Uint8Array): Promise<void> {
	const opened = await begin(transfers, {path, size: content.length});
	await send(transfers, opened, content);
	await commit(transfers, opened.transfer, content);
}

/** The code of the `CallError` that something is refused with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
	try {
		await work;
		return 'nothing was refused';
	} catch (error) {
		if (error instanceof CallError) return error.code;
		// The door in front refuses with this code what the schema does not take.
		if (error instanceof ZodError) return 'BadRequest';
		throw error;
	}
}
