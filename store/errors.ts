/**
 * Codes are API: they never change within a major version; messages may.
 * `Conflict` and `AlreadyExists` are the caller's to answer; `Expired` means list again; `DiskFull` and `Unavailable` pass with time;
 * `Corrupt`, `Locked` and `NewerFormat` need an operator.
 */
export type StoreErrorCode = 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Expired' | 'Invalid' | 'TooLarge' | 'LimitReached' | 'DiskFull' | 'Unavailable' | 'Corrupt' | 'Locked' | 'NewerFormat';

/** Everything the store refuses or fails at. */
export class StoreError extends Error {
	override readonly name = 'StoreError';
	readonly code: StoreErrorCode;
	/** What the reader of the message can do about it; empty when the message says it. */
	readonly fix: string;

	constructor(code: StoreErrorCode, message: string, options: {fix?: string; cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.fix = options.fix ?? '';
	}

	/** True when the same call may succeed later without anyone doing anything. */
	get transient(): boolean {
		return this.code === 'DiskFull' || this.code === 'Unavailable';
	}
}
