import {crc32} from 'node:zlib';
import {StoreError} from '../errors.js';

/** First byte of every value on disk; another one means another layout of the value itself. */
const layout = 1;
const headerBytes = 5;

/**
 * A value as it stands on disk: `[layout byte][CRC-32 of key and text, big-endian][JSON text]`. LevelDB does not verify its own checksums
 * on read and offers no way to ask for it; with the key inside the checksum a value cannot pass under another key either.
 */
export function seal(key: string, text: string): Buffer {
	const body = Buffer.from(text);
	const sealed = Buffer.allocUnsafe(headerBytes + body.length);
	sealed[0] = layout;
	sealed.writeUInt32BE(checksum(key, body), 1);
	body.copy(sealed, headerBytes);
	return sealed;
}

/** The text under a seal. Throws `StoreError('Corrupt')`, naming the key, when a single bit of it is not as it was written. */
export function unseal(key: string, sealed: Buffer): string {
	const body = sealed.subarray(headerBytes);
	if (sealed.length < headerBytes || sealed[0] !== layout || sealed.readUInt32BE(1) !== checksum(key, body)) {
		throw new StoreError('Corrupt', `The record ${JSON.stringify(key)} is damaged: its checksum does not match.`, {fix: corruptionFix});
	}
	return body.toString();
}

/** What an operator does about a damaged store. */
export const corruptionFix = 'Check the disk, then restore a backup, or collect what still reads with `motey store salvage`.';

function checksum(key: string, body: Buffer): number {
	return crc32(body, crc32(key));
}
