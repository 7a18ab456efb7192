import type {FailureCode} from './body.js';

/** Why a request has no result. Thrown by a handler it becomes the error that is answered; whatever else is thrown is answered as `Internal`. */
export class CallError extends Error {
	override readonly name = 'CallError';
	readonly code: FailureCode;
	/** What the asker can do about it; empty when the message says it. */
	readonly fix: string;
	constructor(code: FailureCode, message: string, options: {readonly fix?: string; readonly cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.fix = options.fix ?? '';
	}
}
