import {ApiError} from '../status.js';

/** The original's clients know 400 for everything wrong with what they sent: what newer routes tell apart (415, 422) is that here. */
export function asOriginal(error: unknown): unknown {
	if (!(error instanceof ApiError) || ![415, 422].includes(error.code)) return error;
	return new ApiError(400, {reason: 'BadRequest', message: error.message, details: error.details, cause: error});
}
