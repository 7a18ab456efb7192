import {CallRefused} from '../ports/calls.js';
import {ApiError} from '../status.js';

const statusOf = {
	BadRequest: [400, 'BadRequest'], Forbidden: [403, 'Forbidden'], NotFound: [404, 'NotFound'], Conflict: [409, 'Conflict'],
	Unavailable: [503, 'ServiceUnavailable'], InsufficientStorage: [507, 'InsufficientStorage'], DeadlineExceeded: [504, 'Timeout'], Cancelled: [503, 'ServiceUnavailable'], Internal: [500, 'InternalError'],
} as const;

/** What a refused request is answered with. Throws everything else. */
export function refusalOf(error: unknown): ApiError {
	if (!(error instanceof CallRefused)) throw error;
	const [status, reason] = statusOf[error.code];
	return new ApiError(status, {reason, message: error.fix === '' ? error.message : `${error.message}. ${error.fix}`, cause: error});
}
