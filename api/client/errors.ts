/** No node answers where it was looked for: nothing listens, the name is unknown, or the connection broke before an answer. */
export class NoNodeAnswers extends Error {
	override readonly name = 'NoNodeAnswers';
	readonly code = 'NoNodeAnswers';
	/** What the reader can do about it. */
	readonly fix: string;
	constructor(message: string, options: {fix: string; cause?: unknown}) {
		super(message, {cause: options.cause});
		this.fix = options.fix;
	}
}

/** The node took longer than the deadline. Whether a write was done is unknown; repeating it is safe. */
export class AnswerTooLate extends Error {
	override readonly name = 'AnswerTooLate';
	readonly code = 'AnswerTooLate';
}

/** What the node answered is no answer of a Motey node. */
export class AnswerUnreadable extends Error {
	override readonly name = 'AnswerUnreadable';
	readonly code = 'AnswerUnreadable';
}

/** One field and what is wrong with it. */
export interface Cause {
	readonly reason: string;
	readonly message: string;
	readonly field: string;
}

/** The node refused: its `Status`, with the HTTP code. Reasons are API; messages may change. */
export class Refused extends Error {
	override readonly name = 'Refused';
	readonly code: number;
	readonly reason: string;
	readonly causes: readonly Cause[];
	readonly retryAfterSeconds: number | undefined;
	constructor(message: string, options: {code: number; reason: string; causes: readonly Cause[]; retryAfterSeconds: number | undefined}) {
		super(message);
		this.code = options.code;
		this.reason = options.reason;
		this.causes = options.causes;
		this.retryAfterSeconds = options.retryAfterSeconds;
	}
}

/** True for a `Refused` with this reason. */
export function isRefused(error: unknown, reason: string): error is Refused {
	return error instanceof Refused && error.reason === reason;
}
