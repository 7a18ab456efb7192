import {createReadStream} from 'node:fs';
import type {Command} from 'commander';
import {listAt, textAt} from '../../client/value.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {plainBytes} from '../../files/plain-bytes.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {shortId} from '../image-answers.js';
import {print} from '../io.js';
import {createLiveBlock} from '../live-block.js';
import {nodeNamed} from '../node-named.js';
import {pieceBytes, pushArchive} from '../push-archive.js';
import {byteText} from '../quantity-text.js';
import type {CliContext} from '../verb.js';

/** `motey image push`. */
export function pushCommand({io}: CliContext): Command {
	return clientVerb('push', {summary: 'give an archive that docker save wrote to a node', examples: ['docker save shop/web:1.4 | gzip > web.tar.gz && motey image push web.tar.gz', 'motey image push web.tar --node shelf-3'], namespaced: false})
		.argument('<file>', 'the archive, .tar or .tar.gz')
		.option('--node <name>', 'to which node; the one that answers, when not said')
		.action(async (file: string, options: NodeOptions & {readonly node?: string}) => {
			const {client} = await connect(options, io);
			const node = options.node ?? (await nodeNamed(undefined, client, io.signal)).metadata.name;
			const block = createLiveBlock(io);
			const image = await pushArchive(client, {node, bytes: archiveIn(file), onBytes: sent => block.draw([`${node}: ${byteText(sent)} sent`], [])}, io);
			const names = listAt(image, 'references').map(String);
			print(io, `${node} has ${names.length === 0 ? 'an image without a name' : names.join(', ')} (${shortId(textAt(image, 'id'))})`);
		});
}

async function* archiveIn(path: string): AsyncGenerator<Uint8Array, void> {
	try {
		yield* plainBytes(createReadStream(path, {highWaterMark: pieceBytes}));
	} catch (error) {
		throw new CliError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, {exitCode: textAt(error, 'code') === 'ENOENT' ? exitCodes.notFound : exitCodes.error, cause: error});
	}
}
