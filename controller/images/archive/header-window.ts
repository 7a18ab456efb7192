import {ArchiveError} from './archive-error.js';

const blockBytes = 512;
/** Longest run of headers between two entries, and what may have been read ahead of it. */
const windowBytes = 64 * 2 ** 20;

/**
 * The bytes of a tar that lie between the contents of its entries, as they pass. Unpackers disagree about odd headers, and what one of them skips another
 * unpacks: so every block that is not content has to be the header of an entry, or one that says something of that, and nothing else.
 */
export class HeaderWindow {
	readonly #chunks: Uint8Array[] = [];
	/** Where the first of them begins, where the last ends, and where the headers of the next entry begin. */
	#begin = 0;
	#end = 0;
	#from = 0;

	/** The next bytes of the tar. Throws `ArchiveError` when too many have passed without an entry. */
	push(chunk: Uint8Array): void {
		this.#chunks.push(chunk);
		this.#end += chunk.length;
		this.#release();
		if (this.#end - this.#from > windowBytes) throw new ArchiveError('TooLarge', 'the headers of an entry are too long for what they are');
	}

	/** An entry was read whose content begins at `contentAt`. Throws `ArchiveError` when there is anything before it but its headers. */
	entry({contentAt, sizeBytes}: {readonly contentAt: number; readonly sizeBytes: number}): void {
		checkHeaders(this.#upTo(contentAt));
		this.#from = contentAt + whole(sizeBytes);
		this.#release();
	}

	/** Everything was read. Throws `ArchiveError` when there is anything behind the last entry. */
	end(): void {
		if (this.#upTo(this.#end).some(byte => byte !== 0)) throw hidden();
	}

	#upTo(to: number): Buffer {
		const parts: Uint8Array[] = [];
		let at = this.#begin;
		for (const chunk of this.#chunks) {
			if (at >= to) break;
			parts.push(chunk.subarray(Math.max(0, this.#from - at), to - at));
			at += chunk.length;
		}
		return Buffer.concat(parts);
	}

	/** Lets go of what lies before the headers of the next entry. */
	#release(): void {
		for (let [first] = this.#chunks; first !== undefined && this.#begin + first.length <= this.#from; [first] = this.#chunks) {
			this.#begin += first.length;
			this.#chunks.shift();
		}
	}
}

function checkHeaders(bytes: Buffer): void {
	const kinds = new Set<string>();
	let at = 0;
	for (; at < bytes.length - blockBytes; at += blockBytes) {
		const header = bytes.subarray(at, at + blockBytes);
		const kind = header.toString('latin1', 156, 157);
		if (kind === 'g') throw new ArchiveError('Malformed', 'a header for all entries that follow, which unpackers read differently');
		if (!['x', 'L', 'K'].includes(kind)) throw hidden();
		kinds.add(kind);
		const size = /^ *([0-7]+)[ \0]*$/u.exec(header.toString('latin1', 124, 136))?.[1];
		if (size === undefined || /^0+$/u.test(size)) throw hidden();
		at += whole(Number.parseInt(size, 8));
	}
	if (at !== bytes.length - blockBytes) throw hidden();
	if (kinds.has('x') && kinds.size > 1) throw new ArchiveError('Malformed', 'an entry has two long names, of which unpackers take different ones');
	checkPrefix(bytes.subarray(at));
}

/** What stands before a name: some take more of it than others, or none. */
function checkPrefix(header: Buffer): void {
	const prefix = header.toString('latin1', 345, 500).replace(/\0.*$/su, '');
	const isNew = header.toString('latin1', 257, 263) === 'ustar\0';
	const isRead = isNew && !(header.toString('latin1', 508, 512) === 'tar\0' && prefix.length > 130);
	if (!isRead && (prefix.startsWith('/') || prefix.includes('..'))) throw new ArchiveError('Path', 'an entry has a name before its name, which leads out of it');
}

const whole = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;

const hidden = (): ArchiveError => new ArchiveError('Malformed', 'it hides something between its entries');
