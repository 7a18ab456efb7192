/** Castagnoli's polynomial, reflected. */
const polynomial = 0x82f63b78;

const table = Uint32Array.from({length: 256}, (_, byte) => {
	let rest = byte;
	for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
	return rest >>> 0;
});

/** CRC-32C, as LevelDB keeps it beside every block; `node:zlib` has only the other CRC-32. */
export function crc32c(bytes: Uint8Array): number {
	let crc = 0xffffffff;
	for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
	return (crc ^ 0xffffffff) >>> 0;
}

/** The form in which LevelDB stores a CRC (`crc32c::Mask`), so that a CRC of data that contains CRCs stays sound. */
export function maskedCrc32c(bytes: Uint8Array): number {
	const crc = crc32c(bytes);
	return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
