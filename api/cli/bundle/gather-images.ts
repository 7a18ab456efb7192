import {createHash} from 'node:crypto';
import {createReadStream, createWriteStream} from 'node:fs';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {setTimeout as delay} from 'node:timers/promises';
import type {BundledImage} from '../../bundles/bundle-manifest.js';
import type {Client} from '../../client/client.js';
import {Refused} from '../../client/errors.js';
import {textAt} from '../../client/value.js';
import {Progress} from '../copy/progress.js';
import {CliError} from '../exit-codes.js';
import {warn, type CliIo} from '../io.js';
import type {WantedImage} from './held-images.js';

/** Images that lie as archives in a directory. */
export interface GatheredImages {
	readonly images: readonly BundledImage[];
	readonly open: (image: BundledImage) => AsyncIterable<Uint8Array>;
}

/** A node gives to two at once; whoever comes third asks again. */
const busyMs = 500;
const busyTimes = 1200;

/** Has every image from a node that holds it, from the next when that fails, and writes it to `directory`. Throws `CliError` when no holder gives one. */
export async function gatherImages(client: Client, {wanted, directory}: {readonly wanted: readonly WantedImage[]; readonly directory: string}, io: CliIo): Promise<GatheredImages> {
	const paths = new Map<string, string>();
	const images: BundledImage[] = [];
	for (const [index, image] of wanted.entries()) {
		const path = join(directory, `${index}.tar`);
		const {id, platform, references} = image;
		images.push({id, platform, references, ...await gather(client, {image, path}, io)});
		paths.set(id, path);
	}
	return {images, open: ({id}) => createReadStream(paths.get(id) ?? '')};
}

async function gather(client: Client, {image, path}: {readonly image: WantedImage; readonly path: string}, io: CliIo): Promise<{readonly sizeBytes: number; readonly sha256: string}> {
	const {id, references, platform, nodes} = image;
	let last: unknown;
	for (const node of nodes) {
		try {
			const progress = new Progress(io, `${references.join(', ')} (${platform}) from ${node}`);
			const hash = createHash('sha256');
			let sizeBytes = 0;
			const source = await opened(client, {node, id}, io);
			const counted = (async function* () {
				for await (const chunk of source) {
					hash.update(chunk);
					sizeBytes += chunk.length;
					progress.at(sizeBytes, Math.max(sizeBytes, image.sizeBytes));
					yield chunk;
				}
			})();
			await pipeline(Readable.from(counted), createWriteStream(path));
			progress.at(sizeBytes, sizeBytes);
			progress.done();
			return {sizeBytes, sha256: hash.digest('hex')};
		} catch (error) {
			io.signal.throwIfAborted();
			// Another node's archive would find no room either.
			if (['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EFBIG'].includes(textAt(error, 'code'))) throw error;
			last = error;
			warn(io, `${node} did not give ${references.join(', ')} whole: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
	throw new CliError(`${references.join(', ')} could not be had from ${nodes.join(', ')}`, {fix: 'What each said stands above; try it again.', cause: last});
}

async function opened(client: Client, {node, id}: {readonly node: string; readonly id: string}, io: CliIo): Promise<AsyncIterable<Buffer>> {
	for (let left = busyTimes; ; left -= 1) {
		try {
			return await client.imageArchive({node, id, signal: io.signal});
		} catch (error) {
			if (!(error instanceof Refused) || error.code !== 503 || left === 0) throw error;
			await delay(busyMs, undefined, {signal: io.signal});
		}
	}
}
