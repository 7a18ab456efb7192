import {z} from 'zod';
import {mdpLimits} from './limits.js';

/**
 * What a request says of itself in its third frame. `id` is unique among all requests of its sender; `deadlineMs` is time left, never a
 * point in time; `attempt` counts from 0, and a request that is sent again keeps its `id`. With `isRepeatable` asking
 * twice does no harm, so that its answer is not kept. An answer carries it back; the parts of a streamed
 * one count themselves from 0, and all but the last say `more`.
 */
export const Meta = z.looseObject({
	id: z.string().min(1).max(128),
	deadlineMs: z.number().min(0).transform(value => Math.min(value, mdpLimits.longestDeadlineMs)).optional(),
	attempt: z.int().min(0).default(0),
	sentAtMs: z.number().optional(),
	isRepeatable: z.boolean().optional(),
	part: z.int().optional(),
	more: z.boolean().optional(),
}).readonly();
export type Meta = z.infer<typeof Meta>;

/** The meta in a frame; undefined when there is none, or when the frame is something else: a body of others may have any third frame. */
export function readMeta(frame: Buffer | undefined): Meta | undefined {
	if (frame === undefined || frame.length > 4096 || frame[0] !== 0x7b) return undefined;
	const value = readJson(frame);
	return value.ok ? Meta.safeParse(value.value).data : undefined;
}

/** The frame of a meta. */
export const writeMeta = (meta: Meta): Buffer => Buffer.from(JSON.stringify(meta));

/** JSON of a frame. An empty frame is `undefined`, as when there were none. */
export function readJson(frame: Buffer | undefined): {readonly ok: true; readonly value: unknown} | {readonly ok: false; readonly reason: string} {
	if (frame === undefined || frame.length === 0) return {ok: true, value: undefined};
	try {
		const value: unknown = JSON.parse(frame.toString('utf8'));
		return {ok: true, value};
	} catch (error) {
		return {ok: false, reason: error instanceof Error ? error.message : 'not JSON'};
	}
}
