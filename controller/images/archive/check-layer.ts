import {createHash} from 'node:crypto';
import {plainBytes} from '../../../api/files/plain-bytes.js';
import {systemErrorCode} from '../../private-file.js';
import {ArchiveError} from './archive-error.js';
import type {ArchiveLimits} from './archive-limits.js';
import {tarEntries, type EntryBudget, type TarEntry} from './tar-entries.js';

/** What a layer was found to be. Digests are `sha256:` and 64 digits. */
export interface CheckedLayer {
	/** Of what it unpacks to, before that is read as a tar: as image configurations name layers. */
	readonly diffId: string;
	readonly unpackedBytes: number;
}

/** What is left of the limits while the layers of one archive are checked one after the other. */
export interface LayerBudget {
	readonly limits: ArchiveLimits;
	readonly entries: EntryBudget;
	/** Bytes that the layers before have unpacked to. */
	readonly unpackedBytes: number;
}

/** The paths of all links of a layer: they are held in memory until its end. */
const mostLinksCharacters = 64 * 2 ** 20;

/** Reads a layer, plain or gzipped, and everything in it. Throws `ArchiveError` for what would lead out of a container or fill a disk. */
export async function checkLayer(bytes: AsyncIterable<Buffer>, budget: LayerBudget): Promise<CheckedLayer> {
	const hash = createHash('sha256');
	const count = {packed: 0, unpacked: 0};
	const packed = counted(bytes, size => (count.packed += size));
	const measured = counted(unpacked(packed), (size, chunk) => {
		count.unpacked += size;
		hash.update(chunk);
		refuseBomb(count, budget);
	});
	const links = new Set<string>();
	let linksCharacters = 0;
	for await (const entry of tarEntries(measured, {budget: budget.entries})) {
		checkEntry(entry, links);
		linksCharacters += entry.type === 'symlink' ? entry.names.join('/').length : 0;
		if (linksCharacters > mostLinksCharacters) throw new ArchiveError('TooLarge', 'a layer has more links than this node can remember');
	}
	return {diffId: `sha256:${hash.digest('hex')}`, unpackedBytes: count.unpacked};
}

function refuseBomb({packed, unpacked}: {readonly packed: number; readonly unpacked: number}, {limits, unpackedBytes}: LayerBudget): void {
	if (unpackedBytes + unpacked > limits.bytes) throw new ArchiveError('TooLarge', `its layers unpack to more than the ${limits.bytes} bytes that this node takes`);
	if (unpacked > limits.ratioFromBytes && unpacked > packed * limits.ratio) throw new ArchiveError('Bomb', `a layer unpacks to more than ${limits.ratio} times its size`);
}

/** In layers a file of such a name means that what is named behind it was removed: here its own folder, or all above it. */
const isHostileRemoval = (name: string): boolean => /^\.wh\.{1,3}$/u.test(name);

function checkEntry({names, type, target}: TarEntry, links: Set<string>): void {
	const path = names.join('/');
	if (names.some(isHostileRemoval)) throw new ArchiveError('Path', `${path} would remove what it is in`);
	for (let depth = 1; depth < names.length && links.size > 0; depth++) {
		const above = names.slice(0, depth).join('/');
		if (links.has(above)) throw new ArchiveError('Link', `${path} would be written through the link ${above}`);
	}
	if (type === 'link' && climbs(target.split('/'), 0)) throw new ArchiveError('Link', `${path} is a link to ${target}, out of the image`);
	// What is absolute begins at the image's own root.
	if (type === 'symlink' && climbs(target.split('/'), target.startsWith('/') ? 0 : names.length - 1)) throw new ArchiveError('Link', `${path} is a link to ${target}, out of the image`);
	if (type === 'symlink') links.add(path);
	else links.delete(path);
}

/** Whether a path goes above its root, begun `depth` directories below it. */
function climbs(parts: readonly string[], depth: number): boolean {
	let at = depth;
	for (const part of parts) {
		if (part === '..') at -= 1;
		else if (part !== '' && part !== '.') at += 1;
		if (at < 0) return true;
	}
	return false;
}

async function* unpacked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	try {
		yield* plainBytes(bytes);
	} catch (error) {
		throw systemErrorCode(error)?.startsWith('Z_') === true ? new ArchiveError('Malformed', `a layer is no whole gzip: ${error instanceof Error ? error.message : String(error)}`, {cause: error}) : error;
	}
}

async function* counted(bytes: AsyncIterable<Uint8Array>, onChunk: (sizeBytes: number, chunk: Uint8Array) => void): AsyncGenerator<Uint8Array, void> {
	for await (const chunk of bytes) {
		onChunk(chunk.length, chunk);
		yield chunk;
	}
}
