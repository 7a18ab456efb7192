import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {says} from './docker-sentences.js';

/** What dockerode and Node's http reject with. */
const Failure = z.object({
	message: z.string().catch(''),
	code: z.string().optional().catch(undefined),
	statusCode: z.number().optional().catch(undefined),
	json: z.object({message: z.string()}).optional().catch(undefined),
});

/** The engine was never reached, so nothing can have changed. */
const neverSent: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT', 'EACCES', 'EPERM', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);

/** The HTTP status with which the engine answered, or undefined when it did not answer. */
export const statusOf = (error: unknown): number | undefined => Failure.safeParse(error).data?.statusCode;

/** Docker's own sentence, or the error's. */
export function sentenceOf(error: unknown): string {
	const failure = Failure.safeParse(error).data;
	return (failure?.json?.message ?? failure?.message ?? String(error)).trim();
}

/** The error of a call that the engine answered, or that never reached it, in Motey's words. `what` completes "could not …". */
export function engineError(error: unknown, {what, changes}: {readonly what: string; readonly changes: boolean}): EngineError {
	if (error instanceof EngineError) return error;
	const failure = Failure.safeParse(error).data;
	const sentence = sentenceOf(error);
	const message = `Could not ${what}: ${sentence}`;
	const status = failure?.statusCode;
	if (status === undefined) {
		if (changes && !neverSent.has(failure?.code)) return new EngineError('Unknown', `${message}; it may have happened all the same`, {transient: true, cause: error});
		return new EngineError('Unavailable', `The Docker Engine cannot be reached: ${sentence}`, {transient: true, cause: error});
	}
	if (says(sentence, 'portTaken')) return new EngineError('PortTaken', message, {transient: true, cause: error});
	if (status === 404) {
		if (says(sentence, 'noSuchImage')) return new EngineError('ImageUnavailable', message, {transient: true, cause: error});
		return new EngineError('NotFound', message, {transient: true, cause: error});
	}
	if (status === 409) return new EngineError('Failed', message, {transient: true, cause: error});
	if (status === 400) return new EngineError('Invalid', message, {transient: false, cause: error});
	return new EngineError('Failed', message, {transient: true, cause: error});
}
