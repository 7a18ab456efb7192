import {createHash} from 'node:crypto';
import {open, readFile, rename, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import {crc32} from 'node:zlib';
import {z} from 'zod';
import {StoreError} from '../errors.js';
import {kinds, schemas, type Resource} from '../resources/kinds.js';
import {syncDirectory} from './database.js';
import {keyOfObject} from './keys.js';
import {parseObject} from './load.js';
import type {Position} from './revision.js';

/** All objects of a store at one position. */
export interface Backup {
	readonly position: Position;
	readonly objects: readonly Resource[];
}

const Header = z.strictObject({content: z.literal('motey store backup'), format: z.literal(1), epoch: z.int().min(0), counter: z.int().min(0)});
const Named = z.looseObject({kind: z.enum(kinds), metadata: z.looseObject({name: z.string(), namespace: z.string().optional()})});
const Footer = z.strictObject({objects: z.int().min(0), sha256: z.string()});

/**
 * Writes a backup as one file of lines, `<CRC-32> <JSON>` each: a header, every object, and a last line with their number and the SHA-256
 * of everything before it. The file appears whole and synced under its name, or not at all.
 */
export async function writeBackup(file: string, {position, objects}: Backup): Promise<void> {
	const header = line({content: 'motey store backup', format: 1, epoch: position.epoch, counter: position.counter});
	const body = [header, ...objects.map(line)].join('');
	const part = `${file}.part`;
	try {
		const handle = await open(part, 'w', 0o600);
		try {
			await handle.writeFile(body + line({objects: objects.length, sha256: sha256(body)}));
			await handle.sync();
		} finally {
			await handle.close();
		}
		await rename(part, file);
	} catch (error) {
		await rm(part, {force: true});
		throw error;
	}
	await syncDirectory(dirname(file));
}

/** Reads a backup and verifies all of it. Throws `StoreError('Corrupt')` that names the line when a single bit is not as it was written. */
export async function readBackup(file: string): Promise<Backup> {
	const text = await readFile(file, 'utf8');
	if (!text.endsWith('\n')) throw damaged(file, 'its last line is cut off');
	const lines = text.slice(0, -1).split('\n');
	const values = lines.map((one, index) => parseLine(one, () => damaged(file, `line ${index + 1} does not match its checksum`)));
	const header = Header.safeParse(values[0]);
	const footer = Footer.safeParse(values.at(-1));
	if (!header.success) throw damaged(file, 'it does not begin as a backup of a store');
	const body = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1);
	if (!footer.success || footer.data.objects !== values.length - 2 || footer.data.sha256 !== sha256(body)) throw damaged(file, 'it is incomplete');
	const {epoch, counter} = header.data;
	return {position: {epoch, counter}, objects: values.slice(1, -1).map((value, index) => objectOf(value, () => damaged(file, `line ${index + 2} holds no object`)))};
}

function objectOf(value: unknown, error: () => StoreError): Resource {
	const named = Named.safeParse(value);
	if (!named.success) throw error();
	const object = schemas[named.data.kind].safeParse(value);
	if (!object.success) throw error();
	return parseObject(keyOfObject(object.data), JSON.stringify(value));
}

function line(value: unknown): string {
	const text = JSON.stringify(value);
	return `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`;
}

function parseLine(text: string, error: () => StoreError): unknown {
	const json = text.slice(9);
	if (text.slice(0, 9) !== `${crc32(json).toString(16).padStart(8, '0')} `) throw error();
	return JSON.parse(json);
}

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

function damaged(file: string, reason: string): StoreError {
	return new StoreError('Corrupt', `The backup ${file} is damaged: ${reason}.`, {fix: 'Use another backup.'});
}
