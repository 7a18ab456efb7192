/** A rate with room for a burst. Times are of a monotonic clock, in milliseconds. */
export interface BucketLimits {
	readonly perSecond: number;
	readonly burst: number;
}

interface Bucket {
	readonly tokens: number;
	readonly atMs: number;
}

/**
 * Counts what each key takes. `take` answers 0 when it was allowed, otherwise the milliseconds after which the next one will be.
 * Full buckets are forgotten, so that it holds only keys of the last few seconds.
 */
export function createBuckets({perSecond, burst}: BucketLimits): {readonly take: (key: string, nowMs: number) => number; readonly size: () => number} {
	const buckets = new Map<string, Bucket>();
	const level = (bucket: Bucket, nowMs: number): number => Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * perSecond) / 1000);
	const forgetFull = (nowMs: number): void => {
		for (const [key, bucket] of buckets) {
			if (level(bucket, nowMs) >= burst) buckets.delete(key);
		}
	};
	return {
		take(key, nowMs) {
			if (buckets.size > 1000) forgetFull(nowMs);
			const tokens = level(buckets.get(key) ?? {tokens: burst, atMs: nowMs}, nowMs);
			if (tokens < 1) return Math.ceil(((1 - tokens) * 1000) / perSecond);
			buckets.set(key, {tokens: tokens - 1, atMs: nowMs});
			return 0;
		},
		size: () => buckets.size,
	};
}
