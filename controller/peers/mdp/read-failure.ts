import {z} from 'zod';
import type {Failure} from './body.js';
import {readJson} from './meta.js';

const Written = z.looseObject({
	code: z.enum(['BadRequest', 'Forbidden', 'NotFound', 'Conflict', 'Unavailable', 'InsufficientStorage', 'DeadlineExceeded', 'Cancelled', 'Internal']).catch('Internal'),
	message: z.string(),
	fix: z.string().exactOptional(),
});

/** What `<action>.error` says; undefined for any other answer. A code that nobody knows is `Internal`. */
export function readFailure(action: Buffer, data: Buffer | undefined): Failure | undefined {
	if (action.subarray(-6).toString('latin1') !== '.error') return undefined;
	const value = readJson(data);
	return value.ok ? failureIn(value.value) : undefined;
}

/** The same of its data as they were read; undefined when they say none. */
export const failureIn = (value: unknown): Failure | undefined => Written.safeParse(value).data;
