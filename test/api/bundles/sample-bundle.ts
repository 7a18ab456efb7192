import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {extract} from 'tar-stream';
import {createBundleKey, signManifest} from '../../../api/bundles/bundle-key.js';
import type {BundledImage} from '../../../api/bundles/bundle-manifest.js';
import {readBundle} from '../../../api/bundles/read-bundle.js';
import {writeBundle} from '../../../api/bundles/write-bundle.js';
import type {SampleEntry} from '../../controller/images/archive/sample-archive.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The key of every sample. */
export const sampleKey = createBundleKey();
export const sampleServices = JSON.stringify({apiVersion: 'v1', kind: 'List', items: [{apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'shop'}, spec: {images: [{image: 'shop/web:1'}]}}]});

/** Archives of images; nothing here looks into them. */
export const sampleArchives: readonly Buffer[] = [Buffer.alloc(70_000, 'one'), Buffer.alloc(1000, 'two')];
const imagesOf = (archives: readonly Buffer[]): readonly BundledImage[] => archives.map((bytes, index) => ({
	id: `sha256:${sha256(Buffer.from(String(index)))}`, platform: 'linux/amd64', references: [`shop/web:${index}`], sizeBytes: bytes.length, sha256: sha256(bytes),
}));
export const sampleImages = imagesOf(sampleArchives);

/** A whole bundle, as it lies on a disk. */
export async function sampleBundle({name = 'x.tar', privateKey = sampleKey.privateKey, archives = sampleArchives} = {}): Promise<Buffer> {
	await using directory = await makeTempDirectory();
	const images = imagesOf(archives);
	const path = join(directory.path, name);
	await writeBundle(path, {
		created: '2026-11-21T12:00:00Z', services: {text: sampleServices, names: ['shop']}, images,
		async* open(image) {
			yield await Promise.resolve(archives[images.indexOf(image)]!);
		},
		sign: async manifest => Promise.resolve(signManifest(manifest, privateKey)),
	});
	return await readFile(path);
}

/** The entries of a tar. */
export async function entriesOf(bytes: Buffer): Promise<readonly (SampleEntry & {readonly content: Buffer})[]> {
	const tar = extract();
	tar.end(bytes);
	const entries: (SampleEntry & {readonly content: Buffer})[] = [];
	for await (const entry of tar) entries.push({name: entry.header.name, content: await buffer(entry)});
	return entries;
}

/** What a reader sees, in order; throws what it throws. */
export async function readParts(bytes: Buffer, chunkBytes = 65_536): Promise<readonly string[]> {
	const seen: string[] = [];
	for await (const part of readBundle(chunksOf(bytes, chunkBytes))) {
		if (part.kind === 'image') {
			const chunks: Buffer[] = [];
			for await (const chunk of part.bytes) chunks.push(chunk);
			seen.push(`${part.image.references.join()} ${sha256(Buffer.concat(chunks))}`);
		} else seen.push(part.kind === 'head' ? `head of ${part.manifest.images.length}` : part.text);
	}
	return seen;
}

export async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Buffer, void> {
	for (let at = 0; at < bytes.length; at += chunkBytes) yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
}
