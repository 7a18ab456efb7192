import type {RequestHandler} from 'express';
import {isReading} from '../auth/authorise.js';
import {identityOf} from '../auth/identity.js';
import {ApiError} from '../status.js';
import type {HttpLimits} from './limits.js';
import {createBuckets} from './token-bucket.js';

/** Refuses a token's further changes for a moment (429 with `Retry-After`) when it made too many. Reading is free. */
export function mutationLimit({limits, monotonicMs}: {readonly limits: HttpLimits; readonly monotonicMs: () => number}): RequestHandler {
	const buckets = createBuckets({perSecond: limits.mutationsPerSecond, burst: limits.mutationsBurst});
	return (request, response, next) => {
		const waitMs = isReading(request.method) ? 0 : buckets.take(identityOf(response)?.name ?? '', monotonicMs());
		if (waitMs === 0) {
			next();
			return;
		}
		throw new ApiError(429, {
			reason: 'TooManyRequests', message: `this token changes more than ${limits.mutationsPerSecond} objects a second; please try again later`,
			details: {retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000))},
		});
	};
}
