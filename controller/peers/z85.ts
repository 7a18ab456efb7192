const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#';

/** ZeroMQ RFC 32: four bytes become five printable characters. Bytes beyond the last whole group of four are left out. */
export function encodeZ85(bytes: Uint8Array): string {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let text = '';
	for (let offset = 0; offset + 4 <= view.byteLength; offset += 4) {
		const value = view.getUint32(offset);
		for (let divisor = 85 ** 4; divisor >= 1; divisor /= 85) text += alphabet.charAt(Math.floor(value / divisor) % 85);
	}
	return text;
}
