import {z} from 'zod';
import {EngineError} from '../../../reconcilers/ports/engine.js';
import type {ImageTemplate} from '../../../store/resources/image.js';
import type {EngineApi} from './engine-api.js';
import {pullImage} from './pull.js';

/** What `prepare` is told of an image. */
export interface ImageRequest {
	readonly reference: string;
	readonly policy: ImageTemplate['pullPolicy'];
	readonly signal: AbortSignal;
	readonly onProgress?: ((message: string) => void) | undefined;
}

const Found = z.object({Id: z.string()});

/**
 * Which images are here. What was seen is trusted only while the engine's event stream stands (`trust`), because only then does
 * a removed or retagged image show.
 */
export class Images {
	readonly #api: EngineApi;
	readonly #credentialsFile: string | undefined;
	#known = new Map<string, string>();
	readonly #pulling = new Map<string, Promise<void>>();
	#trusted = false;

	constructor(api: EngineApi, {credentialsFile}: {readonly credentialsFile: string | undefined}) {
		this.#api = api;
		this.#credentialsFile = credentialsFile;
	}

	/** Says whether changes of images are heard of; what is known is forgotten either way. */
	trust(trusted: boolean): void {
		this.#trusted = trusted;
		this.forget();
	}

	/** Some image changed. What is being asked at this moment may be old already, so its answer finds another map. */
	forget(): void {
		this.#known = new Map();
	}

	/** How a container of this content is asked for: by the name, so that `docker ps` shows it, as long as that means this content. */
	async nameFor({reference, contentId, signal}: {readonly reference: string; readonly contentId: string | undefined; readonly signal: AbortSignal}): Promise<string> {
		if (contentId === undefined) return reference;
		return (this.#known.get(reference) ?? await this.#find(reference, signal)) === contentId ? reference : contentId;
	}

	/** Makes the image be here by its pull policy and resolves with its content's id. */
	async ensure(request: ImageRequest): Promise<string> {
		const {reference, policy, signal} = request;
		if (policy !== 'Always') {
			const id = this.#known.get(reference) ?? await this.#find(reference, signal);
			if (id !== undefined) return id;
			if (policy === 'Never') throw new EngineError('ImageUnavailable', `The image ${reference} is not on this node, and pullPolicy: Never forbids to pull it`, {transient: true});
		}
		await this.#pull(request);
		const id = await this.#find(reference, signal);
		if (id === undefined) throw new EngineError('ImageUnavailable', `The image ${reference} was pulled and is gone again`, {transient: true});
		return id;
	}

	async #find(reference: string, signal: AbortSignal): Promise<string | undefined> {
		const known = this.#known;
		try {
			const {Id: id} = Found.parse(await this.#api.read({what: `look for the image ${reference}`, signal}, {path: `/images/${reference}/json`}));
			if (this.#trusted) known.set(reference, id);
			return id;
		} catch (error) {
			if (error instanceof EngineError && (error.code === 'NotFound' || error.code === 'ImageUnavailable')) return undefined;
			throw error;
		}
	}

	/** Slots of one image that are prepared together share one pull. */
	async #pull(request: ImageRequest): Promise<void> {
		const running = this.#pulling.get(request.reference);
		if (running !== undefined) {
			try {
				await running;
				return;
			} catch (error) {
				// The pull was given up by whoever began it; this caller has not given up.
				if (!(error instanceof EngineError && error.code === 'Aborted') || request.signal.aborted) throw error;
			}
		}
		const pull = pullImage(this.#api, {...request, credentialsFile: this.#credentialsFile}).finally(() => {
			if (this.#pulling.get(request.reference) === pull) this.#pulling.delete(request.reference);
		});
		this.#pulling.set(request.reference, pull);
		await pull;
	}
}
