import type {CallOptions, Engine, Workload} from '../ports/engine.js';
import {EngineError} from '../ports/engine.js';
import type {ImageProgress, ImageSources} from '../ports/image-sources.js';

/** What to prepare, and where an image may come from. */
export interface ImagePreparation extends CallOptions {
	readonly engine: Engine;
	readonly workload: Workload;
	readonly sources: ImageSources;
	/** Told while a registry is asked. */
	readonly onPulling: () => void;
	/** Told while another node gives it. */
	readonly onFetching: (progress: ImageProgress) => void;
}

/**
 * Makes a workload ready, with its image from the nearest place: this node, another node, a registry. `pullPolicy: Always` asks the registry first,
 * and is content with what this node or another has when it cannot be had there; `Never` asks no registry.
 */
export async function prepareImage({engine, workload, sources, signal, onPulling, onFetching}: ImagePreparation): Promise<void> {
	const pull = async (): Promise<unknown> => engine.prepare(workload, {signal, onProgress: onPulling});
	const take = async (): Promise<unknown> => engine.prepare({...workload, template: {...workload.template, pullPolicy: 'Never'}}, {signal});
	const fetch = async (): Promise<unknown> => sources.fetch({engine, reference: workload.template.image, contentId: workload.contentId}, {signal, onProgress: onFetching});
	if (engine.images === undefined) {
		await pull();
		return;
	}
	if (workload.template.pullPolicy !== 'Always') {
		if (await unlessUnavailable(take()) === undefined) return;
		// A node that fails to give an image is no reason not to ask the registry.
		const failed = await unlessUnavailable(fetch());
		const missing = await unlessUnavailable(pull());
		if (missing !== undefined) throw failed ?? missing;
		return;
	}
	const missing = await unlessUnavailable(pull());
	if (missing === undefined || await unlessUnavailable(take()) === undefined) return;
	const failed = await unlessUnavailable(fetch());
	if (await unlessUnavailable(take()) !== undefined) throw failed ?? missing;
}

/** The error that says that an image cannot be had; undefined when it can. Every other is thrown. */
async function unlessUnavailable(work: Promise<unknown>): Promise<EngineError | undefined> {
	try {
		await work;
		return undefined;
	} catch (error) {
		if (error instanceof EngineError && error.code === 'ImageUnavailable') return error;
		throw error;
	}
}
