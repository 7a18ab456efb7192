import {createHash} from 'node:crypto';
import {ArchiveError} from './archive-error.js';
import {imageOf, type ArchivedImage} from './archive-documents.js';
import type {ArchiveLimits} from './archive-limits.js';
import {checkLayer} from './check-layer.js';
import {EntryBudget, tarEntries, type TarEntry} from './tar-entries.js';

/** A whole archive that may be given to an engine. */
export interface CheckedArchive extends ArchivedImage {
	readonly sizeBytes: number;
	/** What its layers hold. */
	readonly unpackedBytes: number;
	/** SHA-256 of the archive itself, in hexadecimal. */
	readonly sha256: string;
}

/** What a node expects of an archive. Absent: anything. */
export interface ArchiveExpectation {
	/** It must be this image. */
	readonly id?: string;
	/** It may bring no other names than these. */
	readonly references?: readonly string[];
}

/** Documents are small; all of them are held in memory. */
const textBytes = 4 * 2 ** 20;
const allTextsBytes = 16 * 2 ** 20;

const isText = (path: string): boolean => /^(?:manifest\.json|index\.json|oci-layout|repositories|[0-9a-f]{64}\.json|[0-9a-f]{64}\/(?:json|VERSION))$/u.test(path);
const isLayer = (path: string): boolean => /^(?:[0-9a-f]{64}\/layer\.tar|[0-9a-f]{64}\.tar)$/u.test(path);
const isBlob = (path: string): boolean => /^blobs\/sha256\/[0-9a-f]{64}$/u.test(path);
const isFolder = (path: string): boolean => /^(?:|blobs|blobs\/sha256|[0-9a-f]{64})$/u.test(path);
/** An image that has one layer twice is written so by engines before 25, and every one by Podman. */
const isTwin = (path: string): boolean => /^[0-9a-f]{64}\/layer\.tar$/u.test(path);
const twinTarget = /^\.\.\/([0-9a-f]{64}(?:\/layer)?\.tar)$/u;

/**
 * Reads an archive of one image as `docker save` writes it, to its end, and everything in it; nothing is unpacked to disk. Every digest that its
 * documents name is compared with the content, so that an id stands for every byte of the image. Throws `ArchiveError`; errors of `bytes` pass through.
 */
export async function checkArchive(bytes: AsyncIterable<Uint8Array>, limits: ArchiveLimits, expected: ArchiveExpectation = {}): Promise<CheckedArchive> {
	const whole = {hash: createHash('sha256'), sizeBytes: 0};
	const entries = new EntryBudget(limits.entries);
	const texts = new Map<string, {readonly text: string; readonly digest: string}>();
	const layers = new Map<string, {readonly diffId: string}>();
	const twins = new Map<string, string>();
	let unpackedBytes = 0;
	let textsBytes = 0;

	const takeText = async (path: string, entry: TarEntry): Promise<string> => {
		textsBytes += entry.sizeBytes;
		if (entry.sizeBytes > textBytes || textsBytes > allTextsBytes) throw new ArchiveError('TooLarge', `${path} is too long for what it is`);
		const content = await gathered(entry.bytes);
		const digest = digestOf(content);
		texts.set(path, {text: content.toString('utf8'), digest});
		return digest;
	};
	const takeLayer = async (path: string, content: AsyncIterable<Buffer>): Promise<string> => {
		const hash = createHash('sha256');
		const layer = await checkLayer(hashed(content, hash), {limits, entries, unpackedBytes});
		unpackedBytes += layer.unpackedBytes;
		layers.set(path, layer);
		return `sha256:${hash.digest('hex')}`;
	};
	const takeBlob = async (path: string, entry: TarEntry): Promise<void> => {
		const {first, rest} = await peek(entry.bytes);
		const digest = first === '{' ? await takeText(path, {...entry, bytes: rest}) : await takeLayer(path, rest);
		if (digest !== `sha256:${path.slice(-64)}`) throw new ArchiveError('WrongContent', `${path} does not hold what its name says`);
	};

	for await (const entry of tarEntries(measured(bytes, whole, limits), {budget: entries, isOutermost: true})) {
		const path = entry.names.join('/');
		if (texts.has(path) || layers.has(path) || twins.has(path)) throw new ArchiveError('Malformed', `it has ${path} twice`);
		const twin = entry.type === 'symlink' && isTwin(path) ? twinTarget.exec(entry.target)?.[1] : undefined;
		if (twin !== undefined) twins.set(path, twin);
		else if (entry.type === 'link' || entry.type === 'symlink') throw new ArchiveError('Link', `${path} is a link to ${entry.target}`);
		else if (entry.type === 'directory' ? !isFolder(path) : !isText(path) && !isLayer(path) && !isBlob(path)) throw new ArchiveError('Path', `${JSON.stringify(path.slice(0, 200))} is nothing that belongs to an image`);
		else if (isText(path)) await takeText(path, entry);
		else if (isLayer(path)) await takeLayer(path, entry.bytes);
		else if (isBlob(path)) await takeBlob(path, entry);
	}
	for (const [path, target] of twins) {
		if (!layers.has(target)) throw new ArchiveError('Link', `${path} is a link to ${target}, which is not in it`);
	}
	const image = imageOf({texts, layers, twins});
	compare(image, expected);
	return {...image, unpackedBytes, sizeBytes: whole.sizeBytes, sha256: whole.hash.digest('hex')};
}

function compare({ids, references}: ArchivedImage, expected: ArchiveExpectation): void {
	if (expected.id !== undefined && !ids.includes(expected.id)) throw new ArchiveError('WrongContent', `it holds the image ${ids[0] ?? ''}, not ${expected.id}`);
	const foreign = expected.references === undefined ? undefined : references.find(name => expected.references?.includes(name) !== true);
	if (foreign !== undefined) throw new ArchiveError('WrongContent', `it would give the name ${JSON.stringify(foreign)} away, which was not asked for`);
}

async function* measured(bytes: AsyncIterable<Uint8Array>, whole: {readonly hash: ReturnType<typeof createHash>; sizeBytes: number}, limits: ArchiveLimits): AsyncGenerator<Uint8Array, void> {
	for await (const chunk of bytes) {
		whole.sizeBytes += chunk.length;
		if (whole.sizeBytes > limits.bytes) throw new ArchiveError('TooLarge', `it is longer than the ${limits.bytes} bytes that this node takes`);
		whole.hash.update(chunk);
		yield chunk;
	}
}

async function* hashed(bytes: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer, void> {
	for await (const chunk of bytes) {
		hash.update(chunk);
		yield chunk;
	}
}

async function peek(bytes: AsyncIterable<Buffer>): Promise<{readonly first: string; readonly rest: AsyncIterable<Buffer>}> {
	const iterator = bytes[Symbol.asyncIterator]();
	const begun = await iterator.next();
	const first = begun.done === true ? '' : begun.value.toString('latin1', 0, 1);
	return {first, rest: rest()};

	async function* rest(): AsyncGenerator<Buffer, void> {
		for (let next = begun; next.done !== true; next = await iterator.next()) yield next.value;
	}
}

async function gathered(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
	const parts: Buffer[] = [];
	for await (const part of bytes) parts.push(part);
	return Buffer.concat(parts);
}

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
