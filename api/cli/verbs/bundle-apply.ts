import {basename} from 'node:path';
import type {Command} from 'commander';
import {fingerprintOf} from '../../bundles/bundle-key.js';
import type {BundlePart} from '../../bundles/read-bundle.js';
import type {Client} from '../../client/client.js';
import {at, textAt} from '../../client/value.js';
import {applyObject} from '../apply-object.js';
import {bringImage, hasImage, renewOthers, type BroughtImage} from '../bundle/bring-image.js';
import {partsOf} from '../bundle/bundle-file.js';
import {requireTargets, targetFor, targetNodes, type TargetNode} from '../bundle/image-target.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {shortId} from '../image-answers.js';
import {print, type CliIo} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import {nodeNamed} from '../node-named.js';
import {manifestsIn, type Manifest} from '../read-manifests.js';
import {waitForServices} from '../service-progress.js';
import type {CliContext} from '../verb.js';
import {trustKey} from './bundle-keys.js';

interface Options extends NodeOptions {
	readonly dryRun?: boolean;
	readonly trust?: boolean;
	readonly everywhere?: boolean;
	readonly wait?: boolean;
	readonly timeout: number;
}

/** `motey bundle apply`. */
export function applyVerb({io}: CliContext): Command {
	return clientVerb('apply', {summary: 'load the images of a bundle, then create or change its services', examples: ['motey bundle apply /media/stick/shop.tar --wait', 'motey bundle apply shop.tar --dry-run', 'motey bundle apply shop.tar --trust']})
		.argument('<file>', 'the bundle')
		.option('--dry-run', 'read and check everything, change nothing')
		.option('--trust', 'trust the key that it is signed with, on all nodes, from now on')
		.option('--everywhere', 'bring the images to every node that can run them, and not only when they are needed')
		.option('--wait', 'until every service is ready, showing how it goes')
		.addOption(timeoutOption('how long to wait', '5m'))
		.action(async (file: string, options: Options) => {
			const {client, namespace} = await connect(options, io);
			const asked = (await nodeNamed(undefined, client, io.signal)).metadata.name;
			const nodes = targetNodes((await client.list(await kindNamed('nodes'), {signal: io.signal})).items, asked);
			const bundle = {client, file, nodes, namespace, dryRun: options.dryRun === true, trust: options.trust === true};
			const {manifests, brought, told} = await takeIn(bundle, io);
			for (const line of told) print(io, line);
			if (!bundle.dryRun) await renewOthers(client, {brought, nodes, everywhere: options.everywhere === true, tell: line => print(io, line)}, io);
			for (const manifest of manifests) {
				const {outcome} = await applyObject(client, manifest, {namespace, dryRun: bundle.dryRun, signal: io.signal});
				print(io, `${fullName(manifest.kind, manifest.name)} ${outcome}${bundle.dryRun ? ' (dry run)' : ''}`);
			}
			if (options.wait === true && !bundle.dryRun) await waitForServices(manifests.map(manifest => ({namespace: manifest.namespace ?? namespace, name: manifest.name})), {client, io, timeoutMs: options.timeout});
		});
}

interface Taking {
	readonly client: Client;
	readonly file: string;
	readonly nodes: readonly TargetNode[];
	readonly namespace: string;
	readonly dryRun: boolean;
	readonly trust: boolean;
}

interface Taken {
	readonly manifests: readonly Manifest[];
	readonly brought: readonly BroughtImage[];
	readonly told: readonly string[];
}

/** Reads the bundle to its end and gives its images to the nodes. Whose it is, and that its Services would be taken, is asked before the first. */
async function takeIn(taking: Taking, io: CliIo): Promise<Taken> {
	const {client, file, nodes, namespace, dryRun} = taking;
	let manifests: readonly Manifest[] = [];
	const brought: BroughtImage[] = [];
	const told: string[] = [];
	for await (const part of partsOf(file, io)) {
		switch (part.kind) {
			case 'head':
				told.push(...await requireTrust(part, taking, io));
				requireTargets(part.manifest.images, nodes);
				break;
			case 'services':
				manifests = servicesIn(file, part.text);
				for (const manifest of manifests) await applyObject(client, manifest, {namespace, dryRun: true, signal: io.signal});
				break;
			case 'image': {
				const {image, bytes} = part;
				const name = `${image.references.join(', ')} (${image.platform}, ${shortId(image.id)})`;
				const node = targetFor(image, nodes);
				if (node === undefined) told.push(`${name} is left out: there is no node of this kind`);
				else if (dryRun) told.push(`${node}: ${name} ${await hasImage(client, {node, reference: image.id}, io) === image.id ? 'is here already' : 'would be loaded'}`);
				else {
					const one = await bringImage(client, {image, node, bytes}, io);
					brought.push(one);
					told.push(`${node}: ${name} ${one.wasHere ? 'was here already' : 'loaded'}`);
				}
				break;
			}
			default: return part satisfies never;
		}
	}
	return {manifests, brought, told};
}

function servicesIn(file: string, text: string): readonly Manifest[] {
	const manifests = manifestsIn([{source: `${file}:services.json`, directory: '.', text}]);
	const other = manifests.find(({kind}) => kind.kind !== 'Service');
	if (other !== undefined) throw new CliError(`${other.placeOf([])}: a bundle carries services, and this is a ${other.kind.kind}`);
	return manifests;
}

async function requireTrust({manifestText, signature}: Extract<BundlePart, {kind: 'head'}>, {client, file, trust, dryRun}: Taking, io: CliIo): Promise<readonly string[]> {
	const judged = await client.call({method: 'POST', path: '/cluster/bundles/check', body: {manifest: manifestText, signature}, signal: io.signal});
	if (at(judged, 'trusted') === true) return [];
	const fingerprint = textAt(judged, 'fingerprint');
	if (fingerprint !== fingerprintOf(signature.key)) throw new CliError('the node speaks of another key than was asked about');
	if (!trust) {
		throw new CliError(`${file} is signed by ${fingerprint}, and this node does not trust that key: nothing was done`, {
			exitCode: exitCodes.denied, fix: 'If whoever made it tells you the same fingerprint: `motey bundle trust KEY.pub`, or --trust here.',
		});
	}
	return dryRun ? [`the key ${fingerprint} would be trusted (dry run)`] : trustKey(client, {key: signature.key, name: basename(file)}, io);
}
