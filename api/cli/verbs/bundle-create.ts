import {mkdtemp, rm, stat} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import type {Command} from 'commander';
import {BundleSignature, signManifest} from '../../bundles/bundle-key.js';
import {writeBundle} from '../../bundles/write-bundle.js';
import type {Client} from '../../client/client.js';
import {textAt} from '../../client/value.js';
import {bundleFailure, keyFile} from '../bundle/bundle-file.js';
import {gatherImages} from '../bundle/gather-images.js';
import {chooseImages, heldImage, referencesOf, type WantedImage} from '../bundle/held-images.js';
import {clientVerb, connect, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {withFileContents} from '../file-contents.js';
import {answersOf, onNodes} from '../image-answers.js';
import {print, type CliIo} from '../io.js';
import {nodeNamed, requireNodes} from '../node-named.js';
import {byteText, countText} from '../quantity-text.js';
import {filesNamed, readManifests, type Manifest} from '../read-manifests.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly filename?: readonly string[];
	readonly platform?: readonly string[];
	readonly from?: string;
	readonly key?: string;
}

/** `motey bundle create`. */
export function createVerb({io}: CliContext): Command {
	return clientVerb('create', {summary: 'write services and their images to a signed file', examples: ['motey bundle create shop.tar -f shop.yaml', 'motey bundle create /media/stick/shop.tar.gz -f services/ --platform linux/arm64', 'motey bundle create shop.tar -f shop.yaml --key maker.pem'], namespaced: false})
		.argument('<file>', 'the bundle; gzipped when it ends with gz')
		.option('-f, --filename <file...>', 'the services: a file, a directory, or - for the standard input')
		.option('--platform <platform...>', 'for these kinds of machines, as linux/arm64; for all that the nodes have the images for, when not said')
		.option('--from <node>', 'which node\'s images of these names are meant; those of the node that answers, when not said')
		.option('--key <file>', 'sign with this private key (PEM, Ed25519); with the fleet\'s own, when not said')
		.action(async (file: string, options: Options) => {
			const manifests = await withFileContents(await readManifests(filesNamed(options.filename, []), io));
			const other = manifests.find(({kind}) => kind.kind !== 'Service');
			if (other !== undefined) throw new CliError(`${other.placeOf([])}: a bundle carries services, and this is a ${other.kind.kind}`, {exitCode: exitCodes.usage});
			if (await stat(file).then(found => found.isDirectory(), () => false)) throw new CliError(`${file} is a directory`, {exitCode: exitCodes.usage, fix: `Name a file in it: ${join(file, 'bundle.tar')}`});
			// What is wrong with the key is told before anything is fetched.
			const privateKey = options.key === undefined ? undefined : await keyFile(options.key);
			if (privateKey !== undefined) signedWith(options.key ?? '', privateKey, '{}');
			const {client} = await connect(options, io);
			if (options.from !== undefined) await requireNodes([options.from], client, io.signal);
			const wanted = await imagesFor(manifests, client, options, io);
			const content = {file, manifests, wanted, sign: async (manifest: string) => (privateKey === undefined ? signedByNode(client, manifest, io) : Promise.resolve(signedWith(options.key ?? '', privateKey, manifest)))};
			await writeFrom(client, content, io).catch((error: unknown) => {
				if (['ENOSPC', 'EDQUOT'].includes(textAt(error, 'code'))) throw new CliError(`there is no room for the bundle in ${dirname(resolve(file))}`, {fix: 'While it is made it takes twice its size there. Make it where there is more room, and copy it.', cause: error});
				throw error;
			});
		});
}

async function imagesFor(manifests: readonly Manifest[], client: Client, {platform, from}: Options, io: CliIo): Promise<readonly WantedImage[]> {
	const references = referencesOf(manifests.map(({object}) => object));
	if (references.length === 0) return [];
	const preferred = from ?? (await nodeNamed(undefined, client, io.signal)).metadata.name;
	const held = await onNodes(client, {}, io, async node => {
		const found = [];
		for (const reference of references) found.push(...(await answersOf(client, {node, action: 'image.have', data: {reference}}, io)).flatMap(answer => heldImage(answer, {node, reference})));
		return found;
	});
	return chooseImages(held.flat(), {references, platforms: platform, preferred});
}

interface Content {
	readonly file: string;
	readonly manifests: readonly Manifest[];
	readonly wanted: readonly WantedImage[];
	readonly sign: (manifest: string) => Promise<BundleSignature>;
}

async function writeFrom(client: Client, {file, manifests, wanted, sign}: Content, io: CliIo): Promise<void> {
	const directory = await mkdtemp(join(dirname(resolve(file)), '.motey-bundle-')).catch((error: unknown) => {
		throw new CliError(`cannot write to ${dirname(resolve(file))}: ${textAt(error, 'code')}`, {cause: error});
	});
	try {
		const {images, open} = await gatherImages(client, {wanted, directory}, io);
		const names = manifests.map(({namespace, name}) => (namespace === undefined ? name : `${namespace}/${name}`));
		await writeBundle(file, {
			created: `${new Date().toISOString().slice(0, 19)}Z`, images, open, sign,
			services: {names, text: `${JSON.stringify({apiVersion: 'v1', kind: 'List', items: manifests.map(({object}) => object)}, null, '\t')}\n`},
		});
		print(io, `${file}  ${countText(names.length, 'service')}, ${countText(images.length, 'image')}, ${byteText((await stat(file)).size)}`);
	} finally {
		await rm(directory, {recursive: true, force: true});
	}
}

function signedWith(path: string, privateKey: string, manifest: string): BundleSignature {
	try {
		return signManifest(manifest, privateKey);
	} catch (error) {
		throw bundleFailure(path, error);
	}
}

async function signedByNode(client: Client, manifest: string, {signal}: CliIo): Promise<BundleSignature> {
	return BundleSignature.parse(await client.call({method: 'POST', path: '/cluster/bundles/sign', body: {manifest}, signal}));
}
