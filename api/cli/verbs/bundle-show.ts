import {Command} from 'commander';
import {fingerprintOf, publicKeyIn} from '../../bundles/bundle-key.js';
import type {BundlePart} from '../../bundles/read-bundle.js';
import {bundleFailure, keyFile, partsOf} from '../bundle/bundle-file.js';
import {withExamples} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {shortId} from '../image-answers.js';
import {print, type CliIo} from '../io.js';
import {byteText, countText} from '../quantity-text.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

type Head = Extract<BundlePart, {kind: 'head'}>;

/** `motey bundle show`: asks no node. */
export function showVerb({io}: CliContext): Command {
	return withExamples(new Command('show').description('Show what a bundle says it holds, without reading all of it.'), ['motey bundle show /media/stick/shop.tar'])
		.argument('<file>', 'the bundle')
		.action(async (file: string) => {
			for await (const part of partsOf(file, io, {silent: true})) {
				if (part.kind !== 'head') break;
				const {manifest: {created, services, images}, signature} = part;
				print(io, `Created:   ${created}`);
				print(io, `Signed by: ${fingerprintOf(signature.key)}`);
				print(io, `Services:  ${services.names.join(', ')}`);
				print(io, '');
				printGrid(io, {headings: ['IMAGE', 'PLATFORM', 'ID', 'SIZE'], rows: images.flatMap(({references, platform, id, sizeBytes}) => references.map(name => [name, platform, shortId(id), byteText(sizeBytes)]))});
			}
		});
}

/** `motey bundle verify`: asks no node. */
export function verifyVerb({io}: CliContext): Command {
	return withExamples(new Command('verify').description('Read a whole bundle and compare every byte with what was signed.'), ['motey bundle verify shop.tar', 'motey bundle verify shop.tar --key maker.pem.pub', 'motey bundle verify shop.tar --key SHA256:mS8…'])
		.argument('<file>', 'the bundle')
		.option('--key <key>', 'it must be signed with this key: a PEM file, or a fingerprint')
		.action(async (file: string, {key}: {readonly key?: string}) => {
			const wanted = key === undefined ? undefined : await fingerprintFrom(key);
			const {manifest, signature} = await readWhole(file, wanted, io);
			print(io, `whole: ${manifest.services.names.join(', ')}; ${countText(manifest.images.length, 'image')}; signed by ${fingerprintOf(signature.key)}`);
			if (wanted === undefined) print(io, 'Whether that key is trusted is for a node to say: `motey bundle keys`.');
		});
}

async function readWhole(file: string, wanted: string | undefined, io: CliIo): Promise<Head> {
	let head: Head | undefined;
	for await (const part of partsOf(file, io)) {
		if (part.kind !== 'head') continue;
		head = part;
		const fingerprint = fingerprintOf(part.signature.key);
		if (wanted !== undefined && fingerprint !== wanted) throw new CliError(`${file} is signed by ${fingerprint}, not by ${wanted}`, {exitCode: exitCodes.denied});
	}
	if (head === undefined) throw new CliError(`${file} is no bundle`);
	return head;
}

async function fingerprintFrom(key: string): Promise<string> {
	if (key.startsWith('SHA256:')) return key;
	try {
		return fingerprintOf(publicKeyIn(await keyFile(key)));
	} catch (error) {
		throw bundleFailure(key, error);
	}
}
