import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import {loginFor, registryOf, type Login} from './credentials.js';
import {says} from './docker-sentences.js';
import type {EngineApi} from './engine-api.js';
import {sentenceOf} from './engine-failure.js';
import type {ImageRequest} from './images.js';
import {jsonLines} from './json-lines.js';
import {ScopedAbort} from './scoped-abort.js';

const Progress = z.object({
	status: z.string().optional(),
	id: z.string().optional(),
	error: z.string().optional(),
	progressDetail: z.object({current: z.number().optional(), total: z.number().optional()}).optional(),
});

/** A reference with its tag: an untagged one would pull every tag there is. */
export const tagged = (reference: string): string => /@|:[^/]+$/u.test(reference) ? reference : `${reference}:latest`;

function unavailable(reference: string, sentence: string, {login, cause}: {readonly login: Login | undefined; readonly cause?: unknown}): EngineError {
	const registry = registryOf(reference);
	const because = says(sentence, 'unauthorized')
		? login === undefined
			? `the registry ${registry} wants a login or has no such image; add a login to this node's registry credentials file, or correct the name`
			: `the registry ${registry} refuses the login of ${login.username} in this node's registry credentials file`
		: says(sentence, 'unreachable') ? `the registry ${registry} cannot be reached from this node`
			: says(sentence, 'unknownImage') ? `the registry ${registry} has no such image or tag` : 'the pull failed';
	return new EngineError('ImageUnavailable', `Cannot have the image ${reference}: ${because} (${sentence})`, {transient: true, cause});
}

/** Pulls an image. Ends when nothing was heard for the idle deadline; a pull that makes progress may take as long as it needs. */
export async function pullImage(api: EngineApi, {reference, signal, onProgress, credentialsFile}: ImageRequest & {readonly credentialsFile: string | undefined}): Promise<void> {
	const login = credentialsFile === undefined ? undefined : await loginFor(reference, credentialsFile).catch((error: unknown) => {
		throw new EngineError('ImageUnavailable', `The registry credentials in ${credentialsFile} cannot be read: ${sentenceOf(error)}`, {transient: true, cause: error});
	});
	using scope = new ScopedAbort(signal, api.deadlines.pullIdleMs);
	try {
		const request = {method: 'POST', path: '/images/create', query: {fromImage: tagged(reference)}, ...(login === undefined ? {} : {login})} as const;
		const stream = await api.stream(request, {signal: scope.signal, deadlineMs: api.deadlines.pullIdleMs});
		for await (const line of jsonLines(stream)) {
			scope.extend();
			const progress = Progress.safeParse(line).data;
			if (progress?.error !== undefined) throw unavailable(reference, progress.error, {login});
			if (progress?.status !== undefined) onProgress?.(progress.id === undefined ? progress.status : `${progress.id}: ${progress.status}`);
		}
	} catch (error) {
		if (error instanceof EngineError) throw error;
		if (scope.gaveUp()) throw new EngineError('Aborted', `Given up while pulling ${reference}`, {transient: true, cause: error});
		if (scope.isLate()) throw new EngineError('ImageUnavailable', `Pulling ${reference} made no progress for ${api.deadlines.pullIdleMs / 1000} s`, {transient: true, cause: error});
		throw unavailable(reference, sentenceOf(error), {login, cause: error});
	} finally {
		scope.abort();
	}
}
