import {createReadStream} from 'node:fs';
import {open, readFile, type FileHandle} from 'node:fs/promises';
import {BundleError} from '../../bundles/bundle-error.js';
import {readBundle, type BundlePart} from '../../bundles/read-bundle.js';
import {textAt} from '../../client/value.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {Progress} from '../copy/progress.js';
import type {CliIo} from '../io.js';

/** Large reads are what a stick is fast at. */
const readBytes = 1_048_576;

/** The parts of a bundle that lies in a file, with how far it is read shown. Throws `CliError` with what to do. */
export async function* partsOf(path: string, io: CliIo, {silent = false}: {readonly silent?: boolean} = {}): AsyncGenerator<BundlePart, void> {
	await using file = await openedFile(path);
	const {size} = await file.handle.stat();
	const progress = silent ? undefined : new Progress(io, path);
	const bytes = (async function* () {
		let read = 0;
		for await (const chunk of createReadStream(path, {fd: file.handle, autoClose: false, highWaterMark: readBytes, signal: io.signal})) {
			if (!Buffer.isBuffer(chunk)) continue;
			read += chunk.length;
			progress?.at(read, size);
			yield chunk;
		}
	})();
	try {
		for await (const part of readBundle(bytes)) yield part.kind === 'image' ? {...part, bytes: explained(path, part.bytes)} : part;
	} catch (error) {
		throw bundleFailure(path, error);
	}
	progress?.done();
}

async function* explained(path: string, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
	try {
		yield* bytes;
	} catch (error) {
		throw bundleFailure(path, error);
	}
}

/** A bundle or key that is refused, for its user; everything else as it is. */
export function bundleFailure(path: string, error: unknown): unknown {
	if (!(error instanceof BundleError)) return error;
	const fix = {
		CutShort: 'Copy it anew from where it was made: the copy is not whole.',
		Unreadable: 'The disk or stick cannot be read: copy it anew, to another one.',
		WrongContent: 'Copy it anew; if it is so where it was made, somebody has changed it.',
		WrongSignature: 'Copy it anew; if it is so where it was made, somebody has changed it.',
		TooLarge: 'Make it anew with `motey bundle create`.', Malformed: 'Make it anew with `motey bundle create`.', Unsigned: 'Make it anew with `motey bundle create`.',
		BadKey: '`motey bundle key create` makes one.',
	}[error.code];
	return new CliError(`${path}: ${error.message}`, {fix, cause: error});
}

/** The text of a key's file. */
export async function keyFile(path: string): Promise<string> {
	try {
		return await readFile(path, 'utf8');
	} catch (error) {
		throw unreadable(path, error);
	}
}

async function openedFile(path: string): Promise<{readonly handle: FileHandle} & AsyncDisposable> {
	try {
		const handle = await open(path, 'r');
		if ((await handle.stat()).isDirectory()) {
			await handle.close();
			throw new CliError(`${path} is a directory`, {exitCode: exitCodes.usage, fix: 'Name the bundle in it.'});
		}
		return {handle, [Symbol.asyncDispose]: async () => handle.close()};
	} catch (error) {
		throw error instanceof CliError ? error : unreadable(path, error);
	}
}

function unreadable(path: string, error: unknown): CliError {
	const code = textAt(error, 'code');
	return code === 'ENOENT' ? new CliError(`there is no file ${path}`, {exitCode: exitCodes.notFound, cause: error}) : new CliError(`cannot read ${path}: ${code}`, {cause: error});
}
