/** A request to a service by its name. */
export interface CallRequest {
	/** `<node>.<service>`, or `<service>` of this node. */
	readonly service: string;
	readonly action: string;
	readonly data: unknown;
	/** Time for the answer, or for the next part of it. */
	readonly deadlineMs: number;
	/** Up to 1 MiB beside the data. */
	readonly binary?: Uint8Array;
	/** Asking twice does no harm, so that nobody keeps the answer for a second asking. */
	readonly isRepeatable?: boolean;
	/** Whoever aborts waits no more; what answers in parts is stopped. */
	readonly signal: AbortSignal;
}

/** An answer, or one part of it. */
export interface CallAnswer {
	readonly action: string;
	readonly data: unknown;
	readonly binary?: Uint8Array;
}

/** Names are HTTP's where it has one. */
export type CallRefusal = 'BadRequest' | 'Forbidden' | 'NotFound' | 'Conflict' | 'Unavailable' | 'InsufficientStorage' | 'DeadlineExceeded' | 'Cancelled' | 'Internal';

/** Why a request has no result, in the words of who refused it. */
export class CallRefused extends Error {
	override readonly name = 'CallRefused';
	readonly code: CallRefusal;
	/** What to do about it; empty when the message says it. */
	readonly fix: string;
	constructor(code: CallRefusal, message: string, options: {readonly fix?: string; readonly cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.code = code;
		this.fix = options.fix ?? '';
	}
}

/** What programs and nodes offer each other. */
export interface Calls {
	/** Asks once and gives every part of the answer. Throws `CallRefused` when there is none, at the first step or a later one. */
	ask(request: CallRequest): AsyncIterable<CallAnswer>;
}
