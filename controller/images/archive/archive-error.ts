/** What is wrong with an archive. Codes are API: they never change within a major version; messages may. */
export type ArchiveErrorCode = 'Malformed' | 'Path' | 'Link' | 'Device' | 'TooLarge' | 'Bomb' | 'WrongContent';

/** An archive is refused before any engine sees it. */
export class ArchiveError extends Error {
	override readonly name = 'ArchiveError';
	readonly code: ArchiveErrorCode;
	constructor(code: ArchiveErrorCode, message: string, options: {readonly cause?: unknown} = {}) {
		super(message, options);
		this.code = code;
	}
}
