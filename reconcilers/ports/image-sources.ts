import {EngineError, type CallOptions, type Engine, type Workload} from './engine.js';

/** An image that is wanted on an engine of this node. */
export interface WantedImage {
	readonly engine: Engine;
	readonly reference: string;
	/** The very content, when that is decided already. */
	readonly contentId?: string | undefined;
}

/** An image of this node that cannot be run. */
export interface SuspectImage {
	readonly engine: Engine;
	readonly workload: Workload;
	readonly contentId: string;
	/** In a sentence, what it was suspected for. */
	readonly because: string;
	/** Removes the container that needs it; called when another copy is at hand. */
	readonly free: () => Promise<void>;
}

/** What is told of an image on its way. `totalBytes` is about right. */
export interface ImageProgress {
	readonly from: string;
	readonly bytes: number;
	readonly totalBytes: number;
}

/** Where an image may come from when an engine has it not, beside a registry. */
export interface ImageSources {
	/** The kind of machine that this node is, as Docker says it: `linux/amd64`. */
	readonly platform: string;
	/**
	 * Brings an image to an engine and resolves with its id; with undefined when nobody has it. What was begun elsewhere is shared. Throws `EngineError`
	 * when somebody has it, but it could not be had.
	 */
	fetch(wanted: WantedImage, options: CallOptions & {readonly onProgress?: (progress: ImageProgress) => void}): Promise<string | undefined>;
	/**
	 * Has an image anew in the place of one that cannot be run: nothing is dropped before another copy is at hand. Throws an `EngineError`
	 * `ImageDamaged` that says why not when there is none, a container needs it, or it was had anew a short while ago.
	 */
	renew(suspect: SuspectImage, options: CallOptions & {readonly onProgress?: (progress: ImageProgress) => void}): Promise<void>;
	/** Whether the engine itself cannot read all of an image any more. Costs reading all of it, and is answered from memory for a while. */
	isDamaged(suspect: Pick<SuspectImage, 'engine' | 'contentId'>, options: CallOptions): Promise<boolean>;
}

/** A node that can have images from registries only. */
export const noImageSources: ImageSources = {
	platform: '', fetch: async () => Promise.resolve(undefined), isDamaged: async () => Promise.resolve(false),
	renew: async ({because}) => Promise.reject(new EngineError('ImageDamaged', because, {transient: true})),
};
