import type {Instance} from '../../store/resources/instance.js';
import type {CallOptions, Engine, Workload} from '../ports/engine.js';
import {EngineError} from '../ports/engine.js';
import type {ImageProgress, ImageSources} from '../ports/image-sources.js';
import type {Pins} from '../remote/pins.js';

/** What to prepare, and where an image may come from. */
export interface ImagePreparation extends CallOptions {
	readonly engine: Engine;
	readonly instance: Instance;
	readonly workload: Workload;
	readonly sources: ImageSources;
	readonly pins: Pick<Pins, 'known' | 'agree'>;
	/** Told while a registry is asked. */
	readonly onPulling: () => void;
	/** Told while another node gives it. */
	readonly onFetching: (progress: ImageProgress) => void;
}

/**
 * Makes a workload ready and resolves with the content that it is to run; with undefined where the engine's images are its own affair. Which content
 * that is, is decided once for all nodes of a kind. Until then the name decides: what this node has, what another node has, what a registry has.
 * `pullPolicy: Always` asks the registry first, and is content with what this node or another has when it cannot be had there; `Never` asks none.
 */
export async function prepareImage(preparation: ImagePreparation): Promise<string | undefined> {
	const {engine, instance, workload, sources: {platform}, pins, signal, onPulling} = preparation;
	if (engine.images === undefined) {
		await engine.prepare(workload, {signal, onProgress: onPulling});
		return undefined;
	}
	const decided = pins.known(instance, platform) ?? await pins.agree(instance, {platform}, {signal});
	if (decided !== undefined) return prepareContent(preparation, decided);
	const contentId = await prepareName(preparation);
	const agreed = await pins.agree(instance, {platform, contentId}, {signal}) ?? contentId;
	return agreed === contentId ? contentId : prepareContent(preparation, agreed);
}

/** The very content, from this node or another; what this Instance ran before serves as well, and what the name means when nobody has or runs the other any more. */
async function prepareContent(preparation: ImagePreparation, contentId: string): Promise<string> {
	const {engine, instance: {spec, status}, instance, workload, sources, pins, signal, onFetching} = preparation;
	const take = async (id: string): Promise<string> => (await engine.prepare({...workload, template: {...workload.template, image: id, pullPolicy: 'Never'}}, {signal})).contentId;
	const here = await unlessUnavailable(take(contentId));
	if (!(here instanceof EngineError)) return here;
	const fetched = await unlessUnavailable(sources.fetch({engine, reference: workload.template.image, contentId}, {signal, onProgress: onFetching}));
	if (typeof fetched === 'string') return take(fetched);
	const before = status?.specHash === spec.specHash && status.contentId !== undefined ? await unlessUnavailable(take(status.contentId)) : undefined;
	if (typeof before === 'string') return before;
	const named = await unlessUnavailable(prepareName(preparation));
	if (named instanceof EngineError) throw fetched ?? named;
	if (named === contentId || await pins.agree(instance, {platform: sources.platform, contentId: named, instead: contentId}, {signal}) === named) return named;
	throw new EngineError('ImageUnavailable', `The other nodes run ${shortId(contentId)} as ${workload.template.image}, which no linked node can give; here the name means ${shortId(named)}. motey restart ${workload.service} decides anew`, {transient: true});
}

/** What the name means here, from the nearest place. */
async function prepareName({engine, workload, sources, signal, onPulling, onFetching}: ImagePreparation): Promise<string> {
	const pull = async (): Promise<string> => (await engine.prepare(workload, {signal, onProgress: onPulling})).contentId;
	const take = async (): Promise<string> => (await engine.prepare({...workload, template: {...workload.template, pullPolicy: 'Never'}}, {signal})).contentId;
	const fetch = async (): Promise<string | undefined> => sources.fetch({engine, reference: workload.template.image}, {signal, onProgress: onFetching});
	if (workload.template.pullPolicy !== 'Always') {
		const here = await unlessUnavailable(take());
		if (!(here instanceof EngineError)) return here;
		// A node that fails to give an image is no reason not to ask the registry.
		const fetched = await unlessUnavailable(fetch());
		const pulled = await unlessUnavailable(pull());
		if (!(pulled instanceof EngineError)) return pulled;
		throw fetched instanceof EngineError ? fetched : pulled;
	}
	const pulled = await unlessUnavailable(pull());
	if (!(pulled instanceof EngineError)) return pulled;
	const here = await unlessUnavailable(take());
	if (!(here instanceof EngineError)) return here;
	const fetched = await unlessUnavailable(fetch());
	const taken = await unlessUnavailable(take());
	if (!(taken instanceof EngineError)) return taken;
	throw fetched instanceof EngineError ? fetched : pulled;
}

/** What the work resolves with, or the error that says that an image cannot be had. Every other is thrown. */
async function unlessUnavailable<T>(work: Promise<T>): Promise<T | EngineError> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof EngineError && error.code === 'ImageUnavailable') return error;
		throw error;
	}
}

/** As Docker shows ids. */
const shortId = (id: string): string => id.replace('sha256:', '').slice(0, 12);
