import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {ByteCursor} from './byte-cursor.js';

const blockBytes = 32 * 1024;
const headerBytes = 7;

/**
 * The numbers of the table files that a LevelDB database consists of, from its MANIFEST (formats: LevelDB 1.20, `doc/log_format.md` and
 * `db/version_edit.cc`). A crash may leave other tables behind, half written; those do not count. Checks nothing: LevelDB itself
 * verifies its MANIFEST. Rejects when that cannot be made sense of.
 */
export async function liveTables(path: string): Promise<ReadonlySet<number>> {
	const current = await readFile(join(path, 'CURRENT'), 'utf8');
	const live = new Set<number>();
	for (const edit of records(await readFile(join(path, current.trim())))) applyEdit(new ByteCursor(edit), live);
	return live;
}

/** The records of a log file, put together from their fragments: type 1 is whole, 2 a first, 3 a middle, 4 a last part. */
function* records(file: Buffer): Generator<Buffer> {
	let parts: Buffer[] = [];
	for (let block = 0; block < file.length; block += blockBytes) {
		const end = Math.min(block + blockBytes, file.length);
		for (let at = block; at + headerBytes <= end;) {
			const length = file.readUInt16LE(at + 4);
			const type = file.readUInt8(at + 6);
			if (type === 0) break;
			parts.push(file.subarray(at + headerBytes, at + headerBytes + length));
			at += headerBytes + length;
			if (type === 1 || type === 4) {
				yield Buffer.concat(parts);
				parts = [];
			}
		}
	}
}

function applyEdit(edit: ByteCursor, live: Set<number>): void {
	while (!edit.done) {
		const tag = edit.varint();
		switch (tag) {
			case 1: edit.sized(); break; // comparator
			case 2: case 3: case 4: case 9: edit.varint(); break; // log, next file, last sequence, previous log
			case 5: edit.varint(); edit.sized(); break; // compact pointer
			case 6: edit.varint(); live.delete(edit.varint()); break; // deleted file: level, number
			case 7: // new file: level, number, size, smallest, largest key
				edit.varint();
				live.add(edit.varint());
				edit.varint();
				edit.sized();
				edit.sized();
				break;
			default: throw new RangeError(`unknown tag ${tag}`);
		}
	}
}
