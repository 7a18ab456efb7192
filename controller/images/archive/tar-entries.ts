import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {extract} from 'tar-stream';
import {z} from 'zod';
import {ArchiveError} from './archive-error.js';
import {screened, type Screening} from './tar-screen.js';

const Header = z.object({
	name: z.string(),
	type: z.string().nullish(),
	size: z.number(),
	linkname: z.string().nullish(),
	pax: z.record(z.string(), z.string()).nullish(),
});

/** Longer ones are for no disk. */
const pathCharacters = 4096;

/** One entry of a tar, with its bytes, to be taken before the next is asked for. */
export interface TarEntry {
	/** Its path, name by name; `.` and what is empty left out. */
	readonly names: readonly string[];
	readonly type: 'file' | 'directory' | 'link' | 'symlink';
	/** Where a link leads, as it is written; empty for what is none. */
	readonly target: string;
	readonly sizeBytes: number;
	readonly bytes: AsyncIterable<Buffer>;
}

/**
 * The entries of a tar, in order. Throws `ArchiveError` for what no image needs and unpackers disagree about: paths that lead out, devices, sparse
 * files, links with content; and for what is no tar. Errors of `bytes` itself pass through.
 */
export async function* tarEntries(bytes: AsyncIterable<Uint8Array>, {budget, ...screening}: Screening & {readonly budget: EntryBudget}): AsyncGenerator<TarEntry, void> {
	const tar = extract();
	const feeding = pipeline(Readable.from(screened(watched(bytes), screening)), tar);
	feeding.catch(() => undefined);
	try {
		for await (const entry of tar) {
			budget.take();
			yield {...described(entry.header), bytes: chunksOf(entry)};
			// What nobody has taken is passed over.
			entry.resume();
		}
		await feeding;
	} catch (error) {
		throw explained(error);
	} finally {
		tar.destroy();
	}
}

/** Entries that may still come. */
export class EntryBudget {
	#left: number;
	constructor(entries: number) {
		this.#left = entries;
	}

	take(): void {
		this.#left -= 1;
		if (this.#left < 0) throw new ArchiveError('TooLarge', 'it has more entries than this node takes');
	}
}

async function* chunksOf(content: AsyncIterable<unknown>): AsyncGenerator<Buffer, void> {
	try {
		for await (const chunk of content) {
			if (Buffer.isBuffer(chunk)) yield chunk;
		}
	} catch (error) {
		throw explained(error);
	}
}

function explained(error: unknown): Error {
	if (error instanceof ArchiveError) return error;
	if (error instanceof SourceError) return error.cause;
	const message = error instanceof Error ? error.message : String(error);
	// What the library says of what is packed otherwise misleads.
	return new ArchiveError('Malformed', message.startsWith('Invalid tar header') ? 'it is no tar' : `it is no whole tar: ${message}`, {cause: error});
}

/** Tells an error of the source from one of the tar. */
async function* watched(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
	try {
		yield* bytes;
	} catch (error) {
		throw error instanceof ArchiveError ? error : new SourceError(error);
	}
}

/** What the source threw. */
class SourceError extends Error {
	override readonly name = 'SourceError';
	override readonly cause: Error;
	constructor(error: unknown) {
		super('the source failed');
		this.cause = error instanceof Error ? error : new Error(String(error));
	}
}

function described(raw: unknown): Omit<TarEntry, 'bytes'> {
	const {name, type, size, linkname, pax} = Header.parse(raw);
	const shown = JSON.stringify(name.slice(0, 200));
	if (name.length > pathCharacters) throw new ArchiveError('Path', `the path ${shown} is longer than any system takes`);
	if (name.includes('\0')) throw new ArchiveError('Path', `the name ${shown} has a NUL`);
	if (name.startsWith('/')) throw new ArchiveError('Path', `the path ${shown} is absolute`);
	const names = name.split('/').filter(part => part !== '' && part !== '.');
	if (names.includes('..')) throw new ArchiveError('Path', `the path ${shown} leads out of it`);
	if (Object.keys(pax ?? {}).some(key => key.startsWith('GNU.sparse.'))) throw new ArchiveError('Bomb', `${shown} is a sparse file, which says nothing of its size`);
	switch (type) {
		case 'character-device':
		case 'block-device':
		case 'fifo': throw new ArchiveError('Device', `${shown} is a ${type}`);
		case 'file':
			// Of the oldest kind some make a directory of it, and further entries of its content.
			if (name.endsWith('/')) throw new ArchiveError('Malformed', `${shown} is a file with the name of a directory`);
			return {names, type, target: '', sizeBytes: size};
		case 'directory':
		case 'link':
		case 'symlink': break;
		default: throw new ArchiveError('Malformed', `${shown} is neither a file, a directory nor a link`);
	}
	// Some unpackers would take its content for further entries.
	if (size !== 0) throw new ArchiveError('Malformed', `${shown} is a ${type} with content`);
	if (linkname?.includes('\0') === true) throw new ArchiveError('Link', `${shown} is a link to a name with a NUL`);
	return {names, type, target: linkname ?? '', sizeBytes: 0};
}
