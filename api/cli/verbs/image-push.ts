import {createReadStream} from 'node:fs';
import {open, type FileHandle} from 'node:fs/promises';
import type {Command} from 'commander';
import {listAt, textAt} from '../../client/value.js';
import {plainBytes} from '../../files/plain-bytes.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {Progress} from '../copy/progress.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {shortId} from '../image-answers.js';
import {print} from '../io.js';
import {nodeNamed, requireNodes} from '../node-named.js';
import {pieceBytes, pushArchive} from '../push-archive.js';
import type {CliContext} from '../verb.js';

/** `motey image push`. */
export function pushCommand({io}: CliContext): Command {
	return clientVerb('push', {summary: 'give an archive that docker save wrote to a node', examples: ['docker save shop/web:1.4 | gzip > web.tar.gz && motey image push web.tar.gz', 'motey image push web.tar --node shelf-3'], namespaced: false})
		.argument('<file>', 'the archive, .tar or .tar.gz')
		.option('--node <name>', 'to which node; the one that answers, when not said')
		.action(async (file: string, options: NodeOptions & {readonly node?: string}) => {
			await using archive = await openedArchive(file);
			const {client} = await connect(options, io);
			if (options.node !== undefined) await requireNodes([options.node], client, io.signal);
			const node = options.node ?? (await nodeNamed(undefined, client, io.signal)).metadata.name;
			const progress = new Progress(io, `${file} → ${node}`);
			const image = await pushArchive(client, {node, bytes: archive.plainBytes(read => progress.at(read, archive.sizeBytes))}, io);
			progress.done();
			const names = listAt(image, 'references').map(String);
			print(io, `${node} has ${names.length === 0 ? 'an image without a name' : names.join(', ')} (${shortId(textAt(image, 'id'))})`);
		});
}

interface OpenedArchive extends AsyncDisposable {
	/** As it lies on the disk. */
	readonly sizeBytes: number;
	/** Its bytes, unpacked when they are gzipped; `onRead` hears how many of the disk's were read. Throws `CliError` when they are not whole. */
	readonly plainBytes: (onRead: (bytes: number) => void) => AsyncGenerator<Uint8Array, void>;
}

async function openedArchive(path: string): Promise<OpenedArchive> {
	const file = await open(path, 'r').catch((error: unknown) => {
		if (textAt(error, 'code') === 'ENOENT') throw new CliError(`there is no file ${path}`, {exitCode: exitCodes.notFound, cause: error});
		throw new CliError(`cannot read ${path}: ${textAt(error, 'code')}`, {cause: error});
	});
	const stats = await file.stat();
	if (!stats.isFile()) {
		await file.close();
		throw new CliError(`${path} is no file`, {fix: 'It is to be what `docker save` wrote, .tar or .tar.gz.'});
	}
	return {sizeBytes: stats.size, plainBytes: onRead => archiveIn(file, path, onRead), [Symbol.asyncDispose]: async () => file.close()};
}

async function* archiveIn(handle: FileHandle, path: string, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array, void> {
	const file = createReadStream(path, {fd: handle, autoClose: false, start: 0, highWaterMark: pieceBytes});
	try {
		yield* plainBytes(counted(file, onRead));
	} catch (error) {
		const code = textAt(error, 'code');
		if (code === 'Z_BUF_ERROR') throw new CliError(`${path} ends in the middle of something`, {fix: 'Copy it anew from where it was made: the copy is not whole.', cause: error});
		if (code.startsWith('Z_')) throw new CliError(`${path} is damaged: ${textAt(error, 'message')}`, {fix: 'Copy it anew from where it was made.', cause: error});
		throw error;
	} finally {
		file.destroy();
	}
}

async function* counted(file: AsyncIterable<Buffer>, onRead: (bytes: number) => void): AsyncGenerator<Buffer, void> {
	let read = 0;
	for await (const chunk of file) {
		read += chunk.length;
		onRead(read);
		yield chunk;
	}
}
