import {isReading} from '../auth/authorise.js';
import {identityOf} from '../auth/identity.js';
import type {Handling} from '../in-order.js';
import {methodOf} from '../request-line.js';
import {ApiError} from '../status.js';
import type {HttpLimits} from './limits.js';
import {createBuckets} from './token-bucket.js';

/** Refuses a token's further changes for a moment (429 with `Retry-After`) when it made too many. Reading is free. */
export function mutationLimit({limits, monotonicMs}: {readonly limits: HttpLimits; readonly monotonicMs: () => number}): Handling {
	const buckets = createBuckets({perSecond: limits.mutationsPerSecond, burst: limits.mutationsBurst});
	return (request, response, next) => {
		const waitMs = isReading(methodOf(request)) ? 0 : buckets.take(identityOf(response)?.name ?? '', monotonicMs());
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
