import type {ServedResource} from './kubernetes/resources-table.js';

/** Why, in one word; part of the API. Kubernetes' own where it has one. */
export type StatusReason = 'BadRequest' | 'Unauthorized' | 'Forbidden' | 'NotFound' | 'MethodNotAllowed' | 'AlreadyExists' | 'Conflict' | 'Expired'
	| 'RequestEntityTooLarge' | 'UnsupportedMediaType' | 'Invalid' | 'TooManyRequests' | 'InternalError' | 'StoreCorrupt' | 'ServiceUnavailable' | 'Timeout' | 'InsufficientStorage' | 'MisdirectedRequest';

/** One field and what is wrong with it. `reason` is Kubernetes' cause, such as FieldValueRequired, or the name of a policy rule. */
export interface StatusCause {
	readonly reason: string;
	readonly message: string;
	readonly field: string;
}

/** What the Status is about. `kind` is the plural, except in `Invalid`, where Kubernetes has the kind. */
export interface StatusDetails {
	readonly name?: string;
	readonly group?: string;
	readonly kind?: string;
	readonly uid?: string;
	readonly causes?: readonly StatusCause[];
	readonly retryAfterSeconds?: number;
}

interface ApiErrorOptions {
	readonly reason: StatusReason;
	readonly message: string;
	readonly details?: StatusDetails;
	readonly cause?: unknown;
}

/** A refusal or failure as the client sees it: a Kubernetes `Status` with this HTTP code. The message is for users and never shows a stack or a path. */
export class ApiError extends Error {
	override readonly name = 'ApiError';
	readonly code: number;
	readonly reason: StatusReason;
	readonly details: StatusDetails;

	constructor(code: number, {reason, message, details = {}, cause}: ApiErrorOptions) {
		super(message, {cause});
		this.code = code;
		this.reason = reason;
		this.details = details;
	}
}

/** The `Status` object of an error, as Kubernetes clients read it. */
export function statusBody({code, reason, message, details}: ApiError): Readonly<Record<string, unknown>> {
	return {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code};
}

type Named = Pick<ServedResource, 'group' | 'plural' | 'kind'>;

const fullName = ({group, plural}: Named): string => (group === '' ? plural : `${plural}.${group}`);
const about = ({group, plural}: Named, name: string): StatusDetails => ({name, group, kind: plural});

export function badRequest(message: string): ApiError {
	return new ApiError(400, {reason: 'BadRequest', message});
}

/** 404 for an object that is not there. */
export function notFound(resource: Named, name: string): ApiError {
	return new ApiError(404, {reason: 'NotFound', message: `${fullName(resource)} "${name}" not found`, details: about(resource, name)});
}

/** 404 for a path nobody serves. */
export function unknownPath(): ApiError {
	return new ApiError(404, {reason: 'NotFound', message: 'the server could not find the requested resource'});
}

export function methodNotAllowed(message = 'the server does not allow this method on the requested resource'): ApiError {
	return new ApiError(405, {reason: 'MethodNotAllowed', message});
}

/** 409 for a name that is taken; `uid` is the taker's, so that who repeats a create sees whether it was theirs. */
export function alreadyExists(resource: Named, name: string, uid: string): ApiError {
	return new ApiError(409, {reason: 'AlreadyExists', message: `${fullName(resource)} "${name}" already exists`, details: {...about(resource, name), uid}});
}

/** 409 for a precondition that does not hold. */
export function conflict(resource: Named, name: string, why = 'the object has been modified; please apply your changes to the latest version and try again'): ApiError {
	return new ApiError(409, {reason: 'Conflict', message: `Operation cannot be fulfilled on ${fullName(resource)} "${name}": ${why}`, details: about(resource, name)});
}

export function forbidden(resource: Named, name: string, {message, causes = []}: {readonly message: string; readonly causes?: readonly StatusCause[]}): ApiError {
	return new ApiError(403, {reason: 'Forbidden', message: `${fullName(resource)} "${name}" is forbidden: ${message}`, details: {...about(resource, name), causes}});
}

/** 422 with one cause per field. */
export function invalid({group, kind}: Named, name: string, causes: readonly StatusCause[]): ApiError {
	const said = causes.map(({field, message}) => (field === '' ? message : `${field}: ${message}`));
	const list = said.length === 1 ? said.join('') : `[${said.join(', ')}]`;
	const fullKind = group === '' ? kind : `${kind}.${group}`;
	return new ApiError(422, {reason: 'Invalid', message: `${fullKind} "${name}" is invalid: ${list}`, details: {name, group, kind, causes}});
}

/** 410: what the client knows is too old, or was never ours. It lists again. */
export function expired(message: string): ApiError {
	return new ApiError(410, {reason: 'Expired', message});
}

export function unsupportedMediaType(message: string): ApiError {
	return new ApiError(415, {reason: 'UnsupportedMediaType', message});
}

export function tooLarge(message: string): ApiError {
	return new ApiError(413, {reason: 'RequestEntityTooLarge', message});
}

/** 503, to be tried again after `retryAfterSeconds`. */
export function unavailable(message: string, retryAfterSeconds = 1): ApiError {
	return new ApiError(503, {reason: 'ServiceUnavailable', message, details: {retryAfterSeconds}});
}

export function timedOut(message: string): ApiError {
	return new ApiError(504, {reason: 'Timeout', message});
}
