import {z} from 'zod';
import {StoreError, type StoreErrorCode} from '../store/errors.js';
import {ApiError, badRequest, expired, timedOut, tooLarge, unavailable, unknownPath, type StatusReason} from './status.js';
import {WorkloadError} from './ports/workloads.js';

/** HTTP's answer to each of the store's codes. A full disk and an absent store pass with time, so clients are told to come back. */
const ofStore: Readonly<Record<StoreErrorCode, {readonly code: number; readonly reason: StatusReason; readonly retryAfterSeconds?: number}>> = {
	NotFound: {code: 404, reason: 'NotFound'},
	AlreadyExists: {code: 409, reason: 'AlreadyExists'},
	Conflict: {code: 409, reason: 'Conflict'},
	Expired: {code: 410, reason: 'Expired'},
	Invalid: {code: 422, reason: 'Invalid'},
	TooLarge: {code: 413, reason: 'RequestEntityTooLarge'},
	LimitReached: {code: 403, reason: 'Forbidden'},
	DiskFull: {code: 507, reason: 'InsufficientStorage', retryAfterSeconds: 10},
	Unavailable: {code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 1},
	Corrupt: {code: 500, reason: 'StoreCorrupt'},
	Locked: {code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 1},
	NewerFormat: {code: 503, reason: 'ServiceUnavailable', retryAfterSeconds: 1},
};

/** What express and its router throw: a 4xx with a message that is safe to show when `expose` says so. */
const HttpError = z.looseObject({status: z.int().min(400).max(499), message: z.string()});

/** The client's view of whatever was thrown. What nobody foresaw is a 500 without particulars; the caller logs it. */
export function statusOf(error: unknown): ApiError {
	if (error instanceof ApiError) return error;
	if (error instanceof StoreError) return ofStoreError(error);
	if (error instanceof WorkloadError) return ofWorkloadError(error);
	const known = HttpError.safeParse(error);
	if (known.success) return ofHttpStatus(known.data.status);
	return new ApiError(500, {reason: 'InternalError', message: 'an error on the server has prevented the request from succeeding; the log of the node has the particulars', cause: error});
}

function ofStoreError(error: StoreError): ApiError {
	const {code, reason, retryAfterSeconds} = ofStore[error.code];
	const message = error.fix === '' ? error.message : `${error.message} ${error.fix}`;
	return new ApiError(code, {reason, message, details: retryAfterSeconds === undefined ? {} : {retryAfterSeconds}, cause: error});
}

function ofWorkloadError(error: WorkloadError): ApiError {
	switch (error.code) {
		case 'NotFound': return badRequest(error.message);
		case 'Unavailable': return unavailable(error.message);
		case 'Forbidden': return new ApiError(403, {reason: 'Forbidden', message: error.message, cause: error});
		case 'Failed': return new ApiError(500, {reason: 'InternalError', message: error.message, cause: error});
		default: return error.code satisfies never;
	}
}

function ofHttpStatus(status: number): ApiError {
	switch (status) {
		case 404: return unknownPath();
		case 408: return timedOut('the request did not arrive in time');
		case 410: return expired('gone');
		case 413: return tooLarge('the request is too large');
		default: return badRequest('the request cannot be understood: its path or its headers are malformed');
	}
}
