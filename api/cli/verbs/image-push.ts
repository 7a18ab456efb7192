import {createHash, randomBytes} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {open} from 'node:fs/promises';
import {createGunzip} from 'node:zlib';
import type {Command} from 'commander';
import {listAt, numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {answersOf, shortId} from '../image-answers.js';
import {print} from '../io.js';
import {createLiveBlock} from '../live-block.js';
import {nodeNamed} from '../node-named.js';
import {byteText} from '../quantity-text.js';
import type {CliContext} from '../verb.js';

/** In base64 it fits the longest body of a request. */
const pieceBytes = 512 * 1024;
/** Looking an archive through and loading it. */
const loadMs = 1_800_000;

/** `motey image push`. */
export function pushCommand({io}: CliContext): Command {
	return clientVerb('push', {summary: 'give an archive that docker save wrote to a node', examples: ['docker save shop/web:1.4 | gzip > web.tar.gz && motey image push web.tar.gz', 'motey image push web.tar --node shelf-3'], namespaced: false})
		.argument('<file>', 'the archive, .tar or .tar.gz')
		.option('--node <name>', 'to which node; the one that answers, when not said')
		.action(async (file: string, options: NodeOptions & {readonly node?: string}) => {
			const {client} = await connect(options, io);
			const node = options.node ?? (await nodeNamed(undefined, client, io.signal)).metadata.name;
			const upload = randomBytes(16).toString('hex');
			const hash = createHash('sha256');
			const block = createLiveBlock(io);
			let sent = 0;
			for await (const piece of piecesOf(file)) {
				hash.update(piece);
				const [answer] = await answersOf(client, {node, action: 'image.push', data: {upload, offset: sent, piece: piece.toString('base64')}}, io);
				sent += piece.length;
				if (numberAt(answer, 'held') !== sent) throw new CliError(`${node} lost a part of the archive`, {fix: 'Push it again.'});
				block.draw([`${node}: ${byteText(sent)} sent`], []);
			}
			const [image] = await answersOf(client, {node, action: 'image.load', data: {upload, sha256: hash.digest('hex')}, deadlineMs: loadMs}, io);
			const names = listAt(image, 'references').map(String);
			print(io, `${node} has ${names.length === 0 ? 'an image without a name' : names.join(', ')} (${shortId(textAt(image, 'id'))})`);
		});
}

/** The plain bytes of an archive in pieces of one size. */
async function* piecesOf(path: string): AsyncGenerator<Buffer, void> {
	const file = createReadStream(path, {highWaterMark: pieceBytes});
	const gunzip = await isGzip(path) ? createGunzip({chunkSize: pieceBytes}) : undefined;
	const plain: AsyncIterable<Buffer> = gunzip ? file.pipe(gunzip) : file;
	// Otherwise what waits for the rest would wait for ever.
	file.on('error', error => gunzip?.destroy(error));
	let waiting = Buffer.alloc(0);
	for await (const chunk of plain) {
		waiting = waiting.length === 0 ? Buffer.from(chunk) : Buffer.concat([waiting, chunk]);
		for (; waiting.length >= pieceBytes; waiting = waiting.subarray(pieceBytes)) yield waiting.subarray(0, pieceBytes);
	}
	if (waiting.length > 0) yield waiting;
}

async function isGzip(path: string): Promise<boolean> {
	const file = await open(path, 'r').catch((error: unknown) => {
		throw new CliError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {exitCode: exitCodes.notFound, cause: error});
	});
	try {
		const {buffer: first} = await file.read(Buffer.alloc(2), 0, 2, 0);
		return first[0] === 0x1f && first[1] === 0x8b;
	} finally {
		await file.close();
	}
}
