import {setTimeout as delay} from 'node:timers/promises';
import {EngineError, type CallOptions, type Engine, type Engines} from '../../reconcilers/ports/engine.js';
import type {EngineImages} from '../../reconcilers/ports/engine-images.js';
import type {ImageProgress, ImageSources} from '../../reconcilers/ports/image-sources.js';
import type {Part} from '../peers/mdp/answer.js';
import {CallError} from '../peers/mdp/call-error.js';

/** What became of it. `here`: the node had it before. */
export interface FetchedImage {
	readonly id: string;
	readonly state: 'here' | 'fetched';
}

const tellEveryMs = 500;

/** Has an image from another node and tells how far it is; the last answer says what became of it. Throws `CallError`. */
export function toldFetch({engines, sources}: {readonly engines: Engines; readonly sources: ImageSources}, {reference, id}: {readonly reference: string; readonly id?: string | undefined}, {signal}: CallOptions): AsyncGenerator<Part, FetchedImage> {
	const engine = engines.all.find(({images}) => images !== undefined);
	const images = engine?.images;
	if (engine === undefined || images === undefined) throw new CallError('Unavailable', 'no engine of this node takes images');
	return told(async options => bring({engine, images, sources}, {reference, id}, options), {signal});
}

/** What may be asked of work that takes long. */
type TellingOptions = CallOptions & {readonly onProgress: (progress: ImageProgress) => void};

/** Works, and tells twice a second how far it is. Ends with what the work resolves with. Throws `CallError`. */
export async function* told<T>(begin: (options: TellingOptions) => Promise<T & {}>, {signal}: CallOptions): AsyncGenerator<Part, T> {
	const progress: {latest: ImageProgress | undefined} = {latest: undefined};
	const ending = new AbortController();
	const work = begin({signal: AbortSignal.any([signal, ending.signal]), onProgress: latest => (progress.latest = latest)});
	work.catch(() => undefined);
	try {
		for (;;) {
			const result = await Promise.race([work, delay(tellEveryMs, undefined, {signal: ending.signal}).catch(() => undefined)]);
			if (result !== undefined) return result;
			yield {data: progress.latest ?? null};
		}
	} catch (error) {
		if (error instanceof EngineError) throw new CallError(error.code === 'ImageUnavailable' ? 'NotFound' : 'Unavailable', error.message, {cause: error});
		throw error;
	} finally {
		ending.abort();
	}
}

async function bring({engine, images, sources}: {readonly engine: Engine; readonly images: EngineImages; readonly sources: ImageSources}, {reference, id}: {readonly reference: string; readonly id?: string | undefined}, options: TellingOptions): Promise<FetchedImage> {
	const here = await images.find(id ?? reference, options);
	const found = here?.id ?? await sources.fetch({engine, reference, contentId: id}, options);
	if (found === undefined) throw new CallError('NotFound', `no other node has the image ${id ?? reference} for this kind of machine`);
	// Whoever distributes an image means this content by its name, whatever had the name before.
	if (id !== undefined && !reference.startsWith('sha256:') && (await images.find(reference, options))?.id !== found) await images.tag(found, reference, options);
	return {id: found, state: here === undefined ? 'fetched' : 'here'};
}
