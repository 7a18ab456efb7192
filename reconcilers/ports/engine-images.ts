import type {CallOptions} from './engine.js';

/** An image that an engine holds. */
export interface EngineImage {
	/** Stands for its content: an engine has another id for every other content. */
	readonly id: string;
	readonly references: readonly string[];
	readonly sizeBytes: number;
	/** Of a list it may be missing. */
	readonly platform?: string;
}

/** The images of an engine that can give them away and take them in. Everything may be repeated, ends by its signal or a deadline, and throws `EngineError`. */
export interface EngineImages {
	/** By a name or an id. */
	find(reference: string, options: CallOptions): Promise<EngineImage | undefined>;
	list(options: CallOptions): Promise<readonly EngineImage[]>;
	/** Whether a registry offers it at this moment. */
	offered(reference: string, options: CallOptions): Promise<boolean>;
	/** The archive of an image as `docker save` writes it, without names when it is asked for by its id. Errors come while it is read. */
	export(id: string, options: CallOptions): AsyncIterable<Buffer>;
	/** Takes the archive in a file, which was looked through before. */
	load(path: string, options: CallOptions): Promise<void>;
	/** Gives an image a name, whichever had it before. */
	tag(id: string, reference: string, options: CallOptions): Promise<void>;
	/** Removes a name, or all of an image by its id; resolves with false when a container needs it or it is not there. */
	remove(reference: string, options: CallOptions & {readonly force?: boolean}): Promise<boolean>;
}
