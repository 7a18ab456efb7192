import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {ByteCursor} from './byte-cursor.js';
import {maskedCrc32c} from './crc32c.js';
import {corrupt} from './head.js';
import {liveTables} from './manifest.js';

const footerBytes = 48;
const trailerBytes = 5;
const plain = 0;

interface Handle {
	readonly offset: number;
	readonly size: number;
}

/**
 * Verifies the checksum of every block of every table in use, before LevelDB opens them: LevelDB keeps these checksums but does not look
 * at them, and aborts the whole process on some damaged blocks. Throws `Corrupt`, naming the file. What has no readable MANIFEST is left
 * to LevelDB, which does verify that.
 */
export async function verifyTables(path: string): Promise<void> {
	const live = await liveTables(path).catch(() => new Set<number>());
	for (const name of await readdir(path).catch(() => [])) {
		const number = /^(\d+)\.(?:ldb|sst)$/.exec(name)?.[1];
		if (number !== undefined && live.has(Number(number))) verifyTable(join(path, name), await readFile(join(path, name)));
	}
}

/** Format: LevelDB 1.20, `doc/table_format.md`. */
function verifyTable(file: string, table: Buffer): void {
	try {
		const footer = new ByteCursor(table.subarray(table.length - footerBytes));
		const [meta, index] = [readHandle(footer), readHandle(footer)];
		for (const handle of [...handlesIn(block(table, meta)), ...handlesIn(block(table, index))]) block(table, handle);
	} catch (error) {
		throw corrupt(`The file ${file} is damaged.`, error);
	}
}

function readHandle(cursor: ByteCursor): Handle {
	return {offset: cursor.varint(), size: cursor.varint()};
}

/** A block whose checksum was found right; empty when it is compressed, which this store never asks for. */
function block(table: Buffer, {offset, size}: Handle): Buffer {
	const checked = table.subarray(offset, offset + size + 1);
	if (maskedCrc32c(checked) !== table.readUInt32LE(offset + size + trailerBytes - 4)) throw new RangeError(`the checksum of the block at ${offset} does not match`);
	return checked[size] === plain ? checked.subarray(0, size) : Buffer.alloc(0);
}

/** The values of an index block: where other blocks are. Its end holds 32-bit restart points and their number. */
function handlesIn(index: Buffer): readonly Handle[] {
	if (index.length === 0) return [];
	const restarts = index.readUInt32LE(index.length - 4);
	const entries = new ByteCursor(index.subarray(0, index.length - 4 * (restarts + 1)));
	const handles: Handle[] = [];
	while (!entries.done) {
		entries.varint();
		const [keyLength, valueLength] = [entries.varint(), entries.varint()];
		entries.take(keyLength);
		handles.push(readHandle(new ByteCursor(entries.take(valueLength))));
	}
	return handles;
}
