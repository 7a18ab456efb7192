import {Refused} from './errors.js';
import {textAt, type JsonObject} from './value.js';

/** Code and reason of a `Status`, by what services refuse with. */
const statuses: Readonly<Record<string, readonly [number, string]>> = {
	BadRequest: [400, 'BadRequest'], Forbidden: [403, 'Forbidden'], NotFound: [404, 'NotFound'], Conflict: [409, 'Conflict'],
	Unavailable: [503, 'ServiceUnavailable'], DeadlineExceeded: [504, 'Timeout'], Cancelled: [503, 'ServiceUnavailable'], InsufficientStorage: [507, 'InsufficientStorage'],
};

/** The refusal that ends an answer of a service which had begun already, as it would have been at its beginning; undefined for a part that is none. */
export function lateRefusal(part: JsonObject): Refused | undefined {
	if (!('error' in part)) return undefined;
	const [code, reason] = statuses[textAt(part, 'error', 'code')] ?? [500, 'InternalError'];
	return new Refused(textAt(part, 'error', 'message'), {code, reason, causes: [], retryAfterSeconds: undefined});
}
