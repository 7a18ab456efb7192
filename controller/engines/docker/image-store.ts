import {createReadStream} from 'node:fs';
import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {EngineImage, EngineImages} from '../../../reconcilers/ports/engine-images.js';
import {loginFor} from './credentials.js';
import type {EngineApi} from './engine-api.js';
import {engineError, sentenceOf} from './engine-failure.js';
import {jsonLines} from './json-lines.js';
import {tagged} from './pull.js';
import {ScopedAbort} from './scoped-abort.js';

const Inspected = z.object({Id: z.string(), RepoTags: z.array(z.string()).nullish(), Size: z.number().default(0), Os: z.string().default(''), Architecture: z.string().default('')});
const Listed = z.array(z.object({Id: z.string(), RepoTags: z.array(z.string()).nullish(), Size: z.number().default(0)}));
const LoadLine = z.object({error: z.string().optional()});

/** Docker shows this for an image that has no name. */
const isName = (reference: string): boolean => reference !== '<none>:<none>';
const isAway = (error: unknown): boolean => error instanceof EngineError && (error.code === 'NotFound' || error.code === 'ImageUnavailable');

/** The images of a Docker Engine. `changed` is told when names may mean something else. */
export function createImageStore(api: EngineApi, {changed, credentialsFile}: {readonly changed: () => void; readonly credentialsFile?: string | undefined}): EngineImages {
	const {inspectMs, listMs, removeMs, pullIdleMs} = api.deadlines;
	return {
		async find(reference, {signal}) {
			try {
				const {Id: id, RepoTags: tags, Size: sizeBytes, Os: os, Architecture: architecture} = Inspected.parse(await api.read({what: `look for the image ${reference}`, deadlineMs: inspectMs, signal}, {path: `/images/${reference}/json`}));
				return {id, references: (tags ?? []).filter(isName), sizeBytes, platform: `${os}/${architecture}`};
			} catch (error) {
				if (isAway(error)) return undefined;
				throw error;
			}
		},
		async list({signal}) {
			const images = Listed.parse(await api.read({what: 'list the images', deadlineMs: listMs, signal}, {path: '/images/json'}));
			return images.map(({Id: id, RepoTags: tags, Size: sizeBytes}): EngineImage => ({id, references: (tags ?? []).filter(isName), sizeBytes}));
		},
		async offered(reference, {signal}) {
			try {
				const login = credentialsFile === undefined ? undefined : await loginFor(reference, credentialsFile);
				await api.read({what: `look for the image ${reference} in its registry`, deadlineMs: listMs, signal}, {path: `/distribution/${tagged(reference)}/json`, ...(login === undefined ? {} : {login})});
				return true;
			} catch {
				signal.throwIfAborted();
				return false;
			}
		},
		async* export(id, {signal}) {
			using scope = new ScopedAbort(signal, pullIdleMs);
			try {
				const stream = await api.stream({path: `/images/${id}/get`}, {signal: scope.signal, deadlineMs: pullIdleMs});
				for await (const chunk of stream) {
					scope.extend();
					yield Buffer.from(chunk);
				}
			} catch (error) {
				if (scope.gaveUp()) throw new EngineError('Aborted', `Given up while reading the image ${id}`, {transient: true, cause: error});
				throw engineError(error, {what: `read the image ${id}`, changes: false});
			} finally {
				scope.abort();
			}
		},
		async load(path, {signal}) {
			using scope = new ScopedAbort(signal, pullIdleMs);
			const file = createReadStream(path);
			try {
				file.on('data', () => scope.extend());
				const stream = await api.stream({method: 'POST', path: '/images/load', archive: file}, {signal: scope.signal, deadlineMs: undefined});
				for await (const line of jsonLines(stream)) {
					scope.extend();
					const error = LoadLine.safeParse(line).data?.error;
					if (error !== undefined) throw new EngineError('ImageUnavailable', `The Docker Engine does not take the image: ${error}`, {transient: true});
				}
			} catch (error) {
				if (error instanceof EngineError) throw error;
				if (scope.gaveUp()) throw new EngineError('Aborted', 'Given up while an image was loaded', {transient: true, cause: error});
				if (scope.isLate()) throw new EngineError('ImageUnavailable', `Loading an image made no progress for ${pullIdleMs / 1000} s`, {transient: true, cause: error});
				throw new EngineError('ImageUnavailable', `The Docker Engine does not take the image: ${sentenceOf(error)}`, {transient: true, cause: error});
			} finally {
				file.destroy();
				scope.abort();
				changed();
			}
		},
		async tag(id, reference, {signal}) {
			const {repository, tag} = named(reference);
			await api.change({what: `give the image ${id} the name ${reference}`, deadlineMs: inspectMs, signal}, {path: `/images/${id}/tag`, query: {repo: repository, tag}});
			changed();
		},
		async remove(reference, {signal, force = false}) {
			try {
				await api.change({what: `remove the image ${reference}`, deadlineMs: removeMs, signal}, {method: 'DELETE', path: `/images/${reference}`, query: {force: force ? 1 : 0}});
				return true;
			} catch (error) {
				// 409: a container or another name needs it.
				if (isAway(error) || (error instanceof EngineError && error.code === 'Failed')) return false;
				throw error;
			} finally {
				changed();
			}
		},
	};
}

/** Taken apart as Docker does: what follows the last colon is the tag, unless that is a registry's port. */
function named(reference: string): {readonly repository: string; readonly tag: string} {
	const [, repository = reference, tag = 'latest'] = /^(.*?)(?::([^/:]+))?$/u.exec(reference) ?? [];
	return {repository, tag};
}
