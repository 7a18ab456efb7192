import {readFile, realpath, stat} from 'node:fs/promises';
import {isAbsolute, relative, resolve, sep} from 'node:path';
import {mostFileBytes} from '../../store/resources/files.js';
import {isObject, textAt, type JsonObject} from '../client/value.js';
import {CliError} from './exit-codes.js';
import type {Manifest} from './read-manifests.js';

type Path = readonly (string | number)[];

/**
 * The manifests with the content of each file in the place of its `from`, a path from the manifest's own directory. Only what lies in that
 * directory or below is read: a manifest of somebody else cannot name a private file. Throws one `CliError` with everything that is wrong, each
 * at its line.
 */
export async function withFileContents(manifests: readonly Manifest[]): Promise<readonly Manifest[]> {
	const wrong: string[] = [];
	const filled: Manifest[] = [];
	for (const manifest of manifests) {
		const object = await fill(manifest.object, [], {manifest, wrong});
		filled.push(isObject(object) ? {...manifest, object} : manifest);
	}
	if (wrong.length > 0) throw new CliError(wrong.join('\n       '));
	return filled;
}

interface Filling {
	readonly manifest: Manifest;
	/** Grows. */
	readonly wrong: string[];
}

/** Where a file stands in a Service; deeper than that nothing is looked at. */
const places = [['spec'], ['images'], [0], ['files'], [0]] as const;

async function fill(value: unknown, at: Path, filling: Filling): Promise<unknown> {
	const place = places[at.length]?.[0];
	if (place === undefined) return isObject(value) && value['from'] !== undefined ? contentOf(value, at, filling) : value;
	if (typeof place === 'string') {
		if (!isObject(value) || value[place] === undefined) return value;
		return {...value, [place]: await fill(value[place], [...at, place], filling)};
	}
	if (!Array.isArray(value)) return value;
	const items: unknown[] = [];
	for (const [index, item] of value.entries()) items.push(await fill(item, [...at, index], filling));
	return items;
}

async function contentOf(file: JsonObject, at: Path, {manifest, wrong}: Filling): Promise<JsonObject> {
	const {from, ...rest} = file;
	try {
		if (rest['content'] !== undefined) throw new CliError('write content or from, not both');
		if (typeof from !== 'string' || from === '') throw new CliError('must be the path of a file beside the manifest');
		return {...rest, content: await textBeside(from, manifest.directory)};
	} catch (error) {
		if (!(error instanceof CliError)) throw error;
		wrong.push(`${manifest.placeOf([...at, 'from'])}: from: ${error.message}`);
		return rest;
	}
}

async function textBeside(from: string, directory: string): Promise<string> {
	const path = resolve(directory, from);
	if (isAbsolute(from) || !isBelow(path, directory)) throw new CliError(`${from} is not in the directory of the manifest, nor below it`);
	try {
		if (!isBelow(await realpath(path), await realpath(directory))) throw new CliError(`${from} is a link that leads out of the directory of the manifest`);
		const found = await stat(path);
		if (!found.isFile()) throw new CliError(`${from} is no file`);
		if (found.size > mostFileBytes) throw new CliError(`${from} has ${found.size} bytes, and the files of an image have at most ${mostFileBytes} together: a large one belongs in the image or in a volume`);
		return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(await readFile(path));
	} catch (error) {
		if (error instanceof CliError) throw error;
		const code = textAt(error, 'code');
		if (code === 'ENOENT') throw new CliError(`there is no file ${from} beside the manifest`, {cause: error});
		if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new CliError(`${from} is no text in UTF-8, and nothing else fits into a manifest`, {cause: error});
		throw new CliError(`cannot read ${from}: ${code}`, {cause: error});
	}
}

function isBelow(path: string, directory: string): boolean {
	const between = relative(directory, path);
	return between !== '' && between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between);
}
