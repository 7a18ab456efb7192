import {createHash} from 'node:crypto';
import type {Request, Response} from 'express';

/** An answer that is the same for everybody until the process ends. */
export interface CacheableAnswer {
	readonly type: string;
	readonly body: Buffer;
	/** SHA-256 of the body, hexadecimal. */
	readonly hash: string;
}

/** Prepares a text or bytes to be answered again and again. */
export function cacheable(type: string, content: string | Buffer): CacheableAnswer {
	const body = Buffer.from(content);
	return {type, body, hash: createHash('sha256').update(body).digest('hex').toUpperCase()};
}

/** Answers with it, or with 304 when the client says that it has it. */
export function sendCacheable(request: Request, response: Response, {type, body, hash}: CacheableAnswer): void {
	const tag = `"${hash}"`;
	response.setHeader('ETag', tag);
	if (request.headers['if-none-match']?.split(',').some(one => one.trim().replace(/^W\//u, '') === tag)) {
		response.status(304).end();
		return;
	}
	response.setHeader('Content-Type', type);
	response.setHeader('Content-Length', body.length);
	response.end(body);
}
