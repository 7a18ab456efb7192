import {ArchiveError} from './archive-error.js';

const blockBytes = 512;
/** Engines take no longer extended header either. */
const extendedBytes = 2 ** 20;

/** The kinds of entries that both readers know, by the byte that names them. */
const kinds: ReadonlyMap<string, 'content' | 'header' | 'pax' | 'gnu'> = new Map([
	['\0', 'content'], ['0', 'content'],
	...['1', '2', '3', '4', '5', '6'].map(flag => [flag, 'header'] as const),
	['x', 'pax'], ['L', 'gnu'], ['K', 'gnu'],
]);

const malformed = (why: string): ArchiveError => new ArchiveError('Malformed', `a tar that unpackers read differently: ${why}`);

/** How a tar is read. */
export interface Screening {
	/** Engines unpack what begins as something packed does. A layer is bound by the digest of what it unpacks to; nothing binds the whole. */
	readonly isOutermost?: boolean;
}

/** How no kind of packing begins, and every entry that belongs to an image; the name of an extended header may be anything. `BZh` is bzip2. */
const plainBeginning = /^(?!BZh)[\w./@+-]+\0*$/u;

/**
 * Passes a tar on and refuses what the library that looks through it and the one that engines unpack with (Go's archive/tar) make different
 * entries of. Neither reads what follows a header for all entries, behind the end, or two long names of one entry, as the other does.
 */
export async function* screened(bytes: AsyncIterable<Uint8Array>, {isOutermost = false}: Screening = {}): AsyncGenerator<Uint8Array, void> {
	const screen = new TarScreen({mustBeginPlain: isOutermost});
	for await (const chunk of bytes) {
		screen.push(chunk);
		yield chunk;
	}
}

class TarScreen {
	readonly #block = Buffer.alloc(blockBytes);
	#filled = 0;
	/** Bytes of content before the next header. */
	#content = 0;
	/** What is read of a PAX header, and how much is missing. */
	#pax: {readonly bytes: Buffer; filled: number} | undefined;
	#hasEnded = false;
	#mustBeginPlain: boolean;
	/** What the next entry is said to be by headers of its own. */
	#next: {readonly pax?: boolean; readonly gnu?: boolean; readonly sizeBytes?: number} = {};

	constructor({mustBeginPlain}: {readonly mustBeginPlain: boolean}) {
		this.#mustBeginPlain = mustBeginPlain;
	}

	push(chunk: Uint8Array): void {
		for (let at = 0; at < chunk.length;) {
			const rest = chunk.subarray(at);
			at += this.#content > 0 ? this.#pass(rest) : this.#gather(rest);
		}
	}

	#pass(bytes: Uint8Array): number {
		const passed = Math.min(this.#content, bytes.length);
		this.#content -= passed;
		const pax = this.#pax;
		if (pax === undefined) return passed;
		const part = bytes.subarray(0, Math.min(passed, pax.bytes.length - pax.filled));
		pax.bytes.set(part, pax.filled);
		pax.filled += part.length;
		if (this.#content > 0) return passed;
		this.#pax = undefined;
		this.#next = {...this.#next, pax: true, ...sizeIn(pax.bytes)};
		return passed;
	}

	#gather(bytes: Uint8Array): number {
		const part = bytes.subarray(0, blockBytes - this.#filled);
		this.#block.set(part, this.#filled);
		this.#filled += part.length;
		if (this.#filled < blockBytes) return part.length;
		this.#filled = 0;
		if (this.#mustBeginPlain && !plainBeginning.test(this.#block.toString('latin1', 0, 8))) throw malformed('it begins as something packed does');
		this.#mustBeginPlain = false;
		if (isEmpty(this.#block)) this.#hasEnded = true;
		else this.#header(this.#block);
		return part.length;
	}

	#header(block: Buffer): void {
		if (this.#hasEnded) throw malformed('something stands behind its end');
		if (isEmpty(block.subarray(0, 148)) && isEmpty(block.subarray(156))) throw malformed('a header with nothing but a checksum');
		if (block.toString('latin1', 257, 265) === 'ustar  \0') {
			// Where these are no times, one takes them for the beginning of the path.
			numberIn(block.subarray(345, 357));
			numberIn(block.subarray(357, 369));
		} else if (block.toString('latin1', 508) === 'tar\0') throw malformed('a header of star, whose paths end elsewhere');
		const flag = block.toString('latin1', 156, 157);
		const kind = kinds.get(flag);
		if (kind === undefined) throw malformed(`an entry of the kind ${JSON.stringify(flag)}`);
		const sizeBytes = numberIn(block.subarray(124, 136));
		switch (kind) {
			case 'pax':
				this.#begin(sizeBytes);
				this.#pax = {bytes: Buffer.alloc(sizeBytes), filled: 0};
				return;
			case 'gnu':
				this.#begin(sizeBytes);
				this.#next = {...this.#next, gnu: true};
				return;
			case 'content':
			case 'header':
				if (this.#next.pax === true && this.#next.gnu === true) throw malformed('an entry that is named in two ways');
				this.#content = kind === 'header' ? 0 : padded(this.#next.sizeBytes ?? sizeBytes);
				this.#next = {};
				return;
			default: kind satisfies never;
		}
	}

	#begin(sizeBytes: number): void {
		if (sizeBytes === 0) throw malformed('a header that says nothing');
		if (sizeBytes > extendedBytes) throw new ArchiveError('TooLarge', `a header of ${sizeBytes} bytes`);
		this.#content = padded(sizeBytes);
	}
}

const padded = (bytes: number): number => Math.ceil(bytes / blockBytes) * blockBytes;
const isEmpty = (bytes: Uint8Array): boolean => bytes.every(byte => byte === 0);

/** A number as every reader reads it: octal digits and then nothing, or in binary. Nothing is 0. */
function numberIn(field: Buffer): number {
	const text = field.toString('latin1');
	const digits = /^ *([0-7]*)[ \0]*$/u.exec(text)?.[1];
	if (digits !== undefined) return digits === '' ? 0 : Number.parseInt(digits, 8);
	const value = field[0] === 0x80 ? field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0) : Number.NaN;
	if (!Number.isSafeInteger(value)) throw malformed(`the number ${JSON.stringify(text)}`);
	return value;
}

/** The size that a PAX header gives the entry behind it, if it does. @see pax(1), "pax Extended Header" */
function sizeIn(bytes: Buffer): {readonly sizeBytes?: number} {
	let size: number | undefined;
	for (let at = 0; at < bytes.length;) {
		const head = /^([1-9]\d{0,6}) /u.exec(bytes.toString('latin1', at, at + 8));
		const end = at + Number(head?.[1] ?? 0);
		const record = bytes.toString('latin1', at + (head?.[0].length ?? 0), end);
		if (head === null || end > bytes.length || !/^[^=\0]+=[^]*\n$/u.test(record)) throw malformed('a header that says nothing');
		const value = /^size=([^]*)\n$/u.exec(record)?.[1];
		if (value !== undefined && !/^\d{1,15}$/u.test(value)) throw malformed(`the size ${JSON.stringify(value.slice(0, 40))}`);
		size = value === undefined ? size : Number(value);
		at = end;
	}
	return size === undefined ? {} : {sizeBytes: size};
}
