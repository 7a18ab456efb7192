import {AnswerTooLate, AnswerUnreadable, NoNodeAnswers, Refused} from '../client/errors.js';
import {textAt} from '../client/value.js';
import {CliError, exitCodes, type ExitCode} from './exit-codes.js';
import {warn, type CliIo} from './io.js';

/** Says in a line what went wrong and in a second one what to do; answers the exit code. A closed pipe is no error. */
export function reportError(error: unknown, io: CliIo): ExitCode {
	if (textAt(error, 'code') === 'EPIPE') return exitCodes.ok;
	const {message, fix, exitCode} = explain(error);
	warn(io, `error: ${message}`);
	if (fix !== '') warn(io, fix);
	return exitCode;
}

interface Explanation {
	readonly message: string;
	readonly fix: string;
	readonly exitCode: ExitCode;
}

function explain(error: unknown): Explanation {
	if (error instanceof CliError) return {message: error.message, fix: error.fix, exitCode: error.exitCode};
	if (error instanceof NoNodeAnswers) return {message: error.message, fix: error.fix, exitCode: exitCodes.noNode};
	if (error instanceof AnswerTooLate) return {message: error.message, fix: '', exitCode: exitCodes.timedOut};
	if (error instanceof AnswerUnreadable) return {message: error.message, fix: '', exitCode: exitCodes.error};
	if (error instanceof Refused) return refused(error);
	if (error instanceof Error) return {message: error.message, fix: textAt(error, 'fix'), exitCode: textAt(error, 'code') === 'NewerFormat' ? exitCodes.newerStore : exitCodes.error};
	return {message: 'something failed that says nothing of itself', fix: '', exitCode: exitCodes.error};
}

function refused({code, message}: Refused): Explanation {
	switch (code) {
		case 401: return {message: 'the node was shown no token that it knows', fix: 'Show one with --token or MOTEY_TOKEN; `motey start` writes the node\'s own into the context file, and `motey token create` makes more.', exitCode: exitCodes.denied};
		case 403: return {message, fix: '', exitCode: exitCodes.denied};
		case 404: return {message, fix: '', exitCode: exitCodes.notFound};
		case 504: return {message, fix: '', exitCode: exitCodes.timedOut};
		case 429: return {message, fix: 'Wait a moment and try again.', exitCode: exitCodes.error};
		case 507: return {message, fix: message.includes('Make room') ? '' : 'Make room on the node\'s disk; deletions still work.', exitCode: exitCodes.error};
		default: return {message, fix: '', exitCode: exitCodes.error};
	}
}
