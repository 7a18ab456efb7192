import {createHash} from 'node:crypto';
import {createWriteStream} from 'node:fs';
import {open, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import {pack, type Pack} from 'tar-stream';
import type {BundleSignature} from './bundle-key.js';
import {imagePath, type BundledImage, type BundleManifest} from './bundle-manifest.js';

/** What a bundle is made of. */
export interface BundleContent {
	/** RFC 3339, with seconds; also the time of every entry. */
	readonly created: string;
	/** JSON that `motey apply -f` takes, and the names of the Services in it. */
	readonly services: {readonly text: string; readonly names: readonly string[]};
	readonly images: readonly BundledImage[];
	/** The archive of an image, of which size and digest are known. */
	readonly open: (image: BundledImage) => AsyncIterable<Uint8Array>;
	readonly sign: (manifest: string) => Promise<BundleSignature>;
	readonly onBytes?: (bytes: number) => void;
}

/**
 * Writes a bundle to `path`, gzipped when that ends with `gz`: as a whole or not at all. The same content, time and key make the same bytes. Throws what
 * reading, signing and the disk throw, and then leaves nothing behind.
 */
export async function writeBundle(path: string, content: BundleContent): Promise<BundleManifest> {
	const {services: {text, names}, created, images} = content;
	const servicesBytes = Buffer.from(text);
	const manifest: BundleManifest = {
		format: 'motey.io/bundle/v1', created,
		services: {names, sizeBytes: servicesBytes.length, sha256: createHash('sha256').update(servicesBytes).digest('hex')},
		images,
	};
	const manifestText = `${JSON.stringify(manifest, null, '\t')}\n`;
	const signature = await content.sign(manifestText);
	const unfinished = `${path}.unfinished-${process.pid}`;
	try {
		const tar = pack();
		const feeding = feed(tar, [
			{path: 'bundle.json', bytes: Buffer.from(manifestText)}, {path: 'bundle.sig', bytes: Buffer.from(`${JSON.stringify(signature)}\n`)}, {path: 'services.json', bytes: servicesBytes},
		], content).catch((error: unknown) => {
			tar.destroy(error instanceof Error ? error : new Error(String(error)));
		});
		const file = createWriteStream(unfinished, {flags: 'wx', mode: 0o644, flush: true});
		await (path.endsWith('gz') ? pipeline(tar, createGzip(), file) : pipeline(tar, file));
		await feeding;
		await rename(unfinished, path);
		await syncDirectory(dirname(path));
		return manifest;
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	}
}

interface WholeEntry {
	readonly path: string;
	readonly bytes: Buffer;
}

async function feed(tar: Pack, head: readonly WholeEntry[], {created, images, open: read, onBytes}: BundleContent): Promise<void> {
	const header = {mode: 0o644, mtime: new Date(created), type: 'file'} as const;
	for (const {path, bytes} of head) tar.entry({...header, name: path}, bytes);
	let written = 0;
	for (const image of images) {
		const counted = (async function* () {
			for await (const chunk of read(image)) {
				written += chunk.length;
				onBytes?.(written);
				yield chunk;
			}
		})();
		await pipeline(Readable.from(counted), tar.entry({...header, name: imagePath(image), size: image.sizeBytes}));
	}
	tar.finalize();
}

async function syncDirectory(path: string): Promise<void> {
	const directory = await open(path, 'r');
	try {
		await directory.sync();
	} finally {
		await directory.close();
	}
}
