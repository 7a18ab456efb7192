import {CallRefused, type CallRefusal} from '../../../api/ports/calls.js';
import {EngineError, type EngineErrorCode} from '../../../reconcilers/ports/engine.js';
import type {Action} from './wire.js';

/** What the code of a refused request means for an engine. */
const meanings: Readonly<Record<CallRefusal, {readonly code: EngineErrorCode; readonly transient: boolean}>> = {
	BadRequest: {code: 'Invalid', transient: false},
	Forbidden: {code: 'Refused', transient: false},
	NotFound: {code: 'NotFound', transient: true},
	Conflict: {code: 'NameConflict', transient: true},
	Unavailable: {code: 'Unavailable', transient: true},
	InsufficientStorage: {code: 'Failed', transient: true},
	DeadlineExceeded: {code: 'Unavailable', transient: true},
	Cancelled: {code: 'Aborted', transient: true},
	Internal: {code: 'Failed', transient: true},
};

/** A program's words stand in the status of what it runs, so that they must not be long. */
const mostCharacters = 4096;

/** How a failed call reads. A change whose answer did not come is unknown; what cannot be prepared has no image; what cannot be started did not start. */
export function engineErrorOf(error: unknown, action: Pick<Action, 'name' | 'changes'>, service: string): EngineError {
	if (error instanceof EngineError) return error;
	if (!(error instanceof CallRefused)) return new EngineError('Failed', `${service} answered ${action.name} with something else: ${(error instanceof Error ? error.message : String(error)).slice(0, mostCharacters)}`, {transient: true, cause: error});
	const {code, transient} = meanings[error.code];
	const isLost = error.code === 'DeadlineExceeded' || error.code === 'Unavailable';
	const message = (error.fix === '' ? error.message : `${error.message}; ${error.fix}`).slice(0, mostCharacters);
	if (isLost && action.changes) return new EngineError('Unknown', message, {transient: true, cause: error});
	if (action.name === 'prepare' && code === 'NotFound') return new EngineError('ImageUnavailable', message, {transient: true, cause: error});
	if (action.name === 'start' && code === 'Failed') return new EngineError('StartFailed', message, {transient: true, cause: error});
	return new EngineError(code, message, {transient, cause: error});
}
