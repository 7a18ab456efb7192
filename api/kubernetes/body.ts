import type {IncomingMessage} from 'node:http';
import {promisify} from 'node:util';
import {gunzip, inflate, type InputType, type ZlibOptions} from 'node:zlib';
import {ApiError, badRequest, tooLarge, unsupportedMediaType} from '../status.js';

/** How much of a body is taken, and how long its sender may take. The bytes count after decompression. */
export interface BodyLimits {
	readonly bodyBytes: number;
	readonly bodyTimeoutMs: number;
}

type Decompress = (data: InputType, options: ZlibOptions) => Promise<Buffer>;
const decompressors: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
	['gzip', promisify<InputType, ZlibOptions, Buffer>(gunzip)],
	['x-gzip', promisify<InputType, ZlibOptions, Buffer>(gunzip)],
	['deflate', promisify<InputType, ZlibOptions, Buffer>(inflate)],
]);

/** The whole body, decompressed. Throws 413 as soon as it is known to be too large, 408 when it does not arrive in time, 415 for an encoding nobody knows. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
	const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
	const decompress = decompressors.get(encoding);
	if (!decompress && encoding !== 'identity') throw unsupportedMediaType(`the content encoding "${encoding}" is not supported: send gzip, deflate or none`);
	if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytes) throw bodyTooLarge(limits);
	const raw = await collect(request, limits);
	if (!decompress || raw.length === 0) return raw;
	return decompress(raw, {maxOutputLength: limits.bodyBytes}).catch((error: unknown) => {
		throw error instanceof RangeError ? bodyTooLarge(limits) : badRequest(`the body is not what its Content-Encoding says (${encoding})`);
	});
}

function collect(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let length = 0;
		const finish = (error?: Error): void => {
			clearTimeout(deadline);
			request.off('data', onData).off('end', onEnd).off('error', onClose).off('close', onClose);
			if (error) {
				request.pause();
				reject(error);
			} else {
				resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length));
			}
		};
		const onData = (chunk: Buffer): void => {
			length += chunk.length;
			if (length > limits.bodyBytes) finish(bodyTooLarge(limits));
			else chunks.push(chunk);
		};
		const onEnd = (): void => finish();
		const onClose = (): void => finish(badRequest('the body ended before it was whole'));
		const deadline = setTimeout(() => finish(new ApiError(408, {reason: 'Timeout', message: `the body did not arrive within ${limits.bodyTimeoutMs / 1000} s`})), limits.bodyTimeoutMs);
		request.on('data', onData).on('end', onEnd).on('error', onClose).on('close', onClose);
	});
}

function bodyTooLarge({bodyBytes}: BodyLimits): ApiError {
	return tooLarge(`the body is larger than ${bodyBytes} bytes`);
}
