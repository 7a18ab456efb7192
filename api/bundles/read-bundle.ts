import {createHash} from 'node:crypto';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {extract} from 'tar-stream';
import {z} from 'zod';
import {plainBytes} from '../files/plain-bytes.js';
import {BundleError} from './bundle-error.js';
import {BundleSignature, isSignatureOf, signatureLimitBytes} from './bundle-key.js';
import {imagePath, manifestLimitBytes, parseManifest, type BundledImage, type BundleManifest} from './bundle-manifest.js';

/** What a bundle holds, part by part, in this order: its head, its Services, then every image. */
export type BundlePart =
	| {readonly kind: 'head'; readonly manifest: BundleManifest; /** The signed bytes. */ readonly manifestText: string; /** It is the signature of its key; whether the key is trusted is to be asked. */ readonly signature: BundleSignature}
	| {readonly kind: 'services'; readonly text: string}
	/** The loop over `bytes` throws at its end when they are not what was signed: until then nothing of them is to be believed. */
	| {readonly kind: 'image'; readonly image: BundledImage; readonly bytes: AsyncIterable<Buffer>};

/** What may come before the sizes of everything are known: the manifest, its signature, their headers, and what is read ahead of them. */
const headLimitBytes = manifestLimitBytes + signatureLimitBytes + 1_048_576;
const sliceBytes = 65_536;
/** Of an entry: its header, one for a size that the old format cannot write, and the rest of its last block. */
const aroundEntryBytes = 4 * 512;
/** Writers end a tar with empty blocks. */
const endLimitBytes = 65_536;

/**
 * Reads a bundle, plain or gzipped, once from its beginning to its end. Only what its signed manifest names may be in it, in that order, and every byte
 * is compared with the digests there. Nothing is written anywhere, and no more is held than the manifest and the Services. Throws `BundleError`.
 */
export async function* readBundle(file: AsyncIterable<Uint8Array>): AsyncGenerator<BundlePart, void> {
	const budget = {leftBytes: headLimitBytes};
	const tar = extract();
	const feeding = pipeline(Readable.from(bounded(plainBytes(told(file)), budget)), tar);
	feeding.catch(() => undefined);
	const entries = tar[Symbol.asyncIterator]();
	const next = async (path: string): Promise<Entry> => {
		const step = await entries.next();
		if (step.done === true) throw new BundleError('CutShort', `it ends before ${path}`);
		const {name, type, size} = Header.parse(step.value.header);
		if (name !== path || type !== 'file') throw new BundleError('Malformed', `${path === 'bundle.json' ? 'it is no bundle: ' : ''}${shown(name)} stands where ${path} belongs`);
		return {sizeBytes: size, stream: step.value};
	};
	try {
		const manifestText = (await gathered(await next('bundle.json'), {path: 'bundle.json', limitBytes: manifestLimitBytes})).toString('utf8');
		const signature = signatureOf(await gathered(await next('bundle.sig'), {path: 'bundle.sig', limitBytes: signatureLimitBytes}));
		if (!isSignatureOf(manifestText, signature)) throw new BundleError('WrongSignature', 'its manifest is not what was signed');
		const manifest = parseManifest(manifestText);
		budget.leftBytes += [manifest.services, ...manifest.images].reduce((sum, {sizeBytes}) => sum + sizeBytes + aroundEntryBytes, endLimitBytes);
		yield {kind: 'head', manifest, manifestText, signature};

		const services = await next('services.json');
		const text: Buffer[] = [];
		for await (const chunk of checked(services, {path: 'services.json', ...manifest.services})) text.push(chunk);
		yield {kind: 'services', text: Buffer.concat(text).toString('utf8')};

		for (const image of manifest.images) {
			const path = imagePath(image);
			const bytes = checked(await next(path), {path, ...image});
			yield {kind: 'image', image, bytes};
			// What nobody has taken is looked at all the same.
			for (let step = await bytes.next(); step.done !== true;) step = await bytes.next();
		}
		const surplus = await entries.next();
		if (surplus.done !== true) throw new BundleError('Malformed', `${shown(Header.parse(surplus.value.header).name)} is in it, and its manifest does not name it`);
		await feeding;
	} catch (error) {
		throw named(error);
	} finally {
		tar.destroy();
	}
}

const Header = z.object({name: z.string(), type: z.string().nullish(), size: z.number()});

interface Entry {
	readonly sizeBytes: number;
	readonly stream: AsyncIterable<unknown>;
}

const shown = (name: string): string => JSON.stringify(name.slice(0, 200));

async function gathered({sizeBytes, stream}: Entry, {path, limitBytes}: {readonly path: string; readonly limitBytes: number}): Promise<Buffer> {
	if (sizeBytes > limitBytes) throw new BundleError('TooLarge', `${path} is longer than the ${limitBytes} bytes that it may have`);
	const chunks: Buffer[] = [];
	for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
	return Buffer.concat(chunks);
}

async function* checked({sizeBytes, stream}: Entry, wanted: {readonly path: string; readonly sizeBytes: number; readonly sha256: string}): AsyncGenerator<Buffer, void> {
	if (sizeBytes !== wanted.sizeBytes) throw new BundleError('WrongContent', `${wanted.path} has ${sizeBytes} bytes, and ${wanted.sizeBytes} were signed`);
	const hash = createHash('sha256');
	try {
		for await (const chunk of stream) {
			if (!Buffer.isBuffer(chunk)) continue;
			hash.update(chunk);
			yield chunk;
		}
	} catch (error) {
		throw named(error);
	}
	if (hash.digest('hex') !== wanted.sha256) throw new BundleError('WrongContent', `${wanted.path} is not what was signed`);
}

function signatureOf(bytes: Buffer): BundleSignature {
	try {
		return BundleSignature.parse(JSON.parse(bytes.toString('utf8')));
	} catch (error) {
		throw new BundleError('Unsigned', 'its signature cannot be read', {cause: error});
	}
}

/** What is packed may become endless; what was signed has its size. */
async function* bounded(bytes: AsyncIterable<Uint8Array>, budget: {leftBytes: number}): AsyncGenerator<Uint8Array, void> {
	for await (const chunk of bytes) {
		// Counted as they are read: a great chunk has the manifest in it that says how much may follow.
		for (let at = 0; at < chunk.length; at += sliceBytes) {
			const slice = chunk.subarray(at, at + sliceBytes);
			budget.leftBytes -= slice.length;
			if (budget.leftBytes < 0) throw new BundleError('TooLarge', 'it goes on where, by its manifest, it should end');
			yield slice;
		}
	}
}

/** Tells an error of the disk from one of what is on it. */
async function* told(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	let bytes = 0;
	try {
		for await (const chunk of file) {
			bytes += chunk.length;
			yield chunk;
		}
	} catch (error) {
		if (error instanceof Error && error.name === 'AbortError') throw error;
		throw new BundleError('Unreadable', `it cannot be read beyond its first ${bytes} bytes: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
	}
}

const SystemCode = z.object({code: z.string()});

function named(error: unknown): unknown {
	if (error instanceof BundleError || (error instanceof Error && error.name === 'AbortError')) return error;
	const message = error instanceof Error ? error.message : String(error);
	const code = SystemCode.safeParse(error).data?.code ?? '';
	if (code === 'Z_BUF_ERROR' || /unexpected end/iu.test(message)) return new BundleError('CutShort', 'it ends in the middle of something', {cause: error});
	if (code.startsWith('Z_')) return new BundleError('WrongContent', `it is damaged: ${message}`, {cause: error});
	// What the library says of that guesses wrong.
	return new BundleError('Malformed', message.startsWith('Invalid tar header') ? 'it is no bundle' : `it is no bundle: ${message}`, {cause: error});
}
