/** What is wrong with a bundle. Codes are API: they never change within a major version; messages may. */
export type BundleErrorCode = 'Malformed' | 'Unsigned' | 'WrongSignature' | 'WrongContent' | 'TooLarge' | 'CutShort' | 'Unreadable' | 'BadKey';

/** A bundle, or a key for one, is refused; the message says what is wrong with it. */
export class BundleError extends Error {
	override readonly name = 'BundleError';
	readonly code: BundleErrorCode;
	constructor(code: BundleErrorCode, message: string, options: {readonly cause?: unknown} = {}) {
		super(message, options);
		this.code = code;
	}
}
