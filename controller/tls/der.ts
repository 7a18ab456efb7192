/** One element of ASN.1's distinguished encoding: identifier, length, contents. @see X.690 §8.1 */
function element(identifier: number, ...contents: readonly Uint8Array[]): Buffer {
	const body = Buffer.concat(contents);
	return Buffer.concat([Buffer.from([identifier]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
	if (length < 0x80) return Buffer.from([length]);
	const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
	return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

/** Elements in this order. */
export const sequence = (...elements: readonly Uint8Array[]): Buffer => element(0x30, ...elements);
/** A set of one: those of more have an order to keep. */
export const setOf = (only: Uint8Array): Buffer => element(0x31, only);
/** Bytes that say nothing to ASN.1. */
export const octets = (content: Uint8Array): Buffer => element(0x04, content);
/** Big-endian, and negative when its first bit is set. */
export const integer = (bytes: Uint8Array): Buffer => element(0x02, bytes);
/** BOOLEAN TRUE; FALSE is every default here, and defaults are left out. */
export const truth = element(0x01, Buffer.from([0xff]));
/** Bits from the left; the last byte holds `unused` bits that do not count. */
export const bits = (content: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.from([unused]), content);
/** `[tag]`, around whole elements. */
export const explicit = (tag: number, ...elements: readonly Uint8Array[]): Buffer => element(0xa0 | tag, ...elements);
/** `[tag]` in the place of a primitive element's own identifier. */
export const implicit = (tag: number, content: Uint8Array): Buffer => element(0x80 | tag, content);

/** `1.2.840.10045.4.3.2`: the first two numbers share a byte, the others are in base 128. */
export function objectId(dotted: string): Buffer {
	const [first = 0, second = 0, ...others] = dotted.split('.').map(Number);
	return element(0x06, Buffer.from([first * 40 + second, ...others.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
	const high = Math.floor(value / 0x80);
	return [...(high > 0 ? base128(high).map(byte => byte | 0x80) : []), value % 0x80];
}

/** PrintableString where its letters suffice, which every reader compares alike, else UTF8String. */
export const text = (value: string): Buffer => element(/^[A-Za-z0-9 '()+,\-./:=?]*$/u.test(value) ? 0x13 : 0x0c, Buffer.from(value));

/** To the second. UTCTime has two digits for the year, which mean 1950–2049. @see RFC 5280 §4.1.2.5 */
export function time(moment: Date): Buffer {
	const digits = `${moment.toISOString().replace(/\..*$/u, '').replace(/[-:T]/gu, '')}Z`;
	const year = moment.getUTCFullYear();
	return year >= 1950 && year < 2050 ? element(0x17, Buffer.from(digits.slice(2))) : element(0x18, Buffer.from(digits));
}

/** The elements that a constructed element consists of, each whole. For what was made well: lengths are taken at their word. */
export function elementsOf(constructed: Uint8Array): readonly Uint8Array[] {
	const elements: Uint8Array[] = [];
	for (let at = contentsAt(constructed, 0); at < constructed.length;) {
		const end = endOf(constructed, at);
		elements.push(constructed.subarray(at, end));
		at = end;
	}
	return elements;
}

function contentsAt(bytes: Uint8Array, at: number): number {
	const first = bytes[at + 1] ?? 0;
	return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function endOf(bytes: Uint8Array, at: number): number {
	const first = bytes[at + 1] ?? 0;
	const begin = contentsAt(bytes, at);
	return begin + (first < 0x80 ? first : bytes.subarray(at + 2, begin).reduce((length, byte) => length * 0x100 + byte, 0));
}
