import {createHash} from 'node:crypto';
import {crc32} from 'node:zlib';
import {z} from 'zod';
import {CallRefused, type CallAnswer, type CallRequest} from '../../../api/ports/calls.js';
import type {IncomingFile, OutgoingFile, StreamFiles} from './files.js';
import {framingLimits} from './limits.js';

/** Asks a service of this node, with bytes beside the JSON. Of what is repeatable nobody keeps the answer for a second asking. */
export type AskWithBytes = (request: CallRequest & {readonly binary?: Uint8Array; readonly isRepeatable?: boolean}) => AsyncIterable<CallAnswer>;

const Opened = z.object({transfer: z.string(), size: z.number(), credit: z.number()});
const Credit = z.object({credit: z.number()});
const Piece = z.object({crc32: z.number()});

/**
 * Files by way of this node's service `files`, as all programs of its host may use it: there it is decided which paths are allowed. Where
 * the node offers no files, everything is refused as NotFound.
 */
export function createServiceFiles({service, ask, nowMs}: {readonly service: string; readonly ask: AskWithBytes; readonly nowMs: () => number}): StreamFiles {
	const call = async (action: string, data: unknown, {signal, binary}: {readonly signal: AbortSignal; readonly binary?: Uint8Array}): Promise<CallAnswer> => {
		for await (const answer of ask({service, action, data, deadlineMs: framingLimits.fileMs, isRepeatable: action === 'file.chunk', signal, ...(binary === undefined ? {} : {binary})})) return answer;
		throw new CallRefused('Unavailable', `${service} said nothing`);
	};
	/** Opens a transfer and waits for its turn. */
	const open = async (request: object, signal: AbortSignal): Promise<z.infer<typeof Opened>> => {
		const opened = Opened.parse((await call('file.open', request, {signal})).data);
		let {credit} = opened;
		try {
			while (credit === 0) ({credit} = Credit.parse((await call('file.credit', {transfer: opened.transfer, waitMs: framingLimits.fileMs / 2}, {signal})).data));
		} catch (error) {
			await abort(opened.transfer);
			throw error;
		}
		return opened;
	};
	const abort = async (transfer: string): Promise<void> => {
		// Also when the connection that it was for has ended.
		await call('file.abort', {transfer}, {signal: AbortSignal.timeout(framingLimits.fileMs)}).catch(() => undefined);
	};
	return {
		async receive({path, bytes: size}, signal): Promise<IncomingFile> {
			const {transfer} = await open({write: true, path, size}, signal);
			const digest = createHash('sha256');
			const piece = Buffer.allocUnsafe(Math.min(size, framingLimits.pieceBytes));
			let [filled, offset] = [0, 0];
			let flushedMs = nowMs();
			const flush = async (): Promise<void> => {
				if (filled === 0) return;
				const binary = Buffer.from(piece.subarray(0, filled));
				digest.update(binary);
				await call('file.chunk', {transfer, offset, crc32: crc32(binary)}, {signal, binary});
				offset += filled;
				filled = 0;
				flushedMs = nowMs();
			};
			return {
				async write(bytes) {
					for (let rest = bytes; rest.length > 0;) {
						const part = rest.subarray(0, piece.length - filled);
						piece.set(part, filled);
						filled += part.length;
						rest = rest.subarray(part.length);
						// A transfer that nobody speaks of is closed: a slow client sends smaller pieces.
						if (filled === piece.length || nowMs() - flushedMs > framingLimits.pieceMs) await flush();
					}
				},
				async commit() {
					await flush();
					await call('file.commit', {transfer, sha256: digest.digest('hex')}, {signal});
				},
				discard: async () => abort(transfer),
			};
		},
		async give(path, signal): Promise<OutgoingFile> {
			const {transfer, size} = await open({write: false, path}, signal);
			const pieces = async function * (): AsyncGenerator<Uint8Array, void> {
				for (let offset = 0; offset < size;) {
					const {data, binary} = await call('file.chunk', {transfer, offset}, {signal});
					if (binary === undefined || binary.length === 0 || offset + binary.length > size || crc32(binary) !== Piece.parse(data).crc32) throw new CallRefused('Unavailable', `the piece of ${path} at ${offset} is not as it was sent`);
					offset += binary.length;
					yield binary;
				}
			};
			return {size, pieces: pieces(), [Symbol.asyncDispose]: async () => abort(transfer)};
		},
	};
}
