import type {CallOptions, Engine} from './engine.js';

/** An image that is wanted on an engine of this node. */
export interface WantedImage {
	readonly engine: Engine;
	readonly reference: string;
	/** The very content, when that is decided already. */
	readonly contentId?: string | undefined;
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
}

/** A node that can have images from registries only. */
export const noImageSources: ImageSources = {platform: '', fetch: async () => Promise.resolve(undefined)};
