import {createHash} from 'node:crypto';
import {pieces} from '../../api/files/pieces.js';
import type {CallOptions, Engine, Engines} from '../../reconcilers/ports/engine.js';
import type {EngineImage, EngineImages} from '../../reconcilers/ports/engine-images.js';
import type {Part} from '../peers/mdp/answer.js';
import {CallError} from '../peers/mdp/call-error.js';
import type {ExportEnd, HaveAnswer} from './wire.js';

/** More would share one wire, and the first new holder would come later. */
const servingAtOnce = 2;
/** As far from a frame's limit as from a frame for every read. */
const partBytes = 262_144;

/** An image of this node, and the engine that has it. */
interface Held {
	readonly images: EngineImages;
	readonly image: EngineImage;
}

/** Gives images of this node's engines to other nodes, a few at a time. */
export class ImageGiver {
	readonly #engines: Engines;
	#serving = 0;

	constructor(engines: Engines) {
		this.#engines = engines;
	}

	/** Whether an image is here, by name or id, and how busy this node is with giving. */
	async have(reference: string, options: CallOptions): Promise<HaveAnswer> {
		const held = await this.#find(reference, options);
		return {image: held === undefined ? null : {id: held.image.id, sizeBytes: held.image.sizeBytes, platform: held.image.platform ?? ''}, serving: this.#serving};
	}

	/** Every image of every engine. */
	async list(options: CallOptions): Promise<readonly (EngineImage & {readonly engine: string})[]> {
		const lists = await Promise.all(this.#withImages().map(async ({name, images}) => (await images.list(options)).map(image => ({engine: name, ...image}))));
		return lists.flat();
	}

	/** The archive of an image in parts; the last answer has its digest and size, or says that too many are being given away. Throws `CallError`. */
	async* export(id: string, options: CallOptions): AsyncGenerator<Part, ExportEnd> {
		const held = await this.#find(id, options);
		if (held === undefined) throw new CallError('NotFound', `the image ${id} is not here`);
		if (this.#serving >= servingAtOnce) return {busy: true};
		this.#serving += 1;
		try {
			const hash = createHash('sha256');
			let sizeBytes = 0;
			for await (const binary of pieces(held.images.export(id, options), partBytes)) {
				hash.update(binary);
				sizeBytes += binary.length;
				yield {binary};
			}
			return {sha256: hash.digest('hex'), sizeBytes};
		} finally {
			this.#serving -= 1;
		}
	}

	/** Removes what has no name and what no container needs: what is left of names that went to newer images. */
	async prune(options: CallOptions): Promise<{readonly removed: number; readonly bytes: number}> {
		let [removed, bytes] = [0, 0];
		for (const {images} of this.#withImages()) {
			for (const {id, sizeBytes} of (await images.list(options)).filter(({references}) => references.length === 0)) {
				if (!await images.remove(id, options)) continue;
				removed += 1;
				bytes += sizeBytes;
			}
		}
		return {removed, bytes};
	}

	async #find(reference: string, options: CallOptions): Promise<Held | undefined> {
		for (const {images} of this.#withImages()) {
			const image = await images.find(reference, options);
			if (image !== undefined) return {images, image};
		}
		return undefined;
	}

	#withImages(): readonly (Pick<Engine, 'name'> & {readonly images: EngineImages})[] {
		return this.#engines.all.flatMap(({name, images}) => (images === undefined ? [] : [{name, images}]));
	}
}
