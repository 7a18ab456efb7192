import type {BundledImage} from '../../bundles/bundle-manifest.js';
import type {Client} from '../../client/client.js';
import {textAt} from '../../client/value.js';
import {fetchImage} from '../fetch-image.js';
import {answersOf, onNodes, shortId} from '../image-answers.js';
import type {CliIo} from '../io.js';
import {pushArchive} from '../push-archive.js';
import {targetFor, type TargetNode} from './image-target.js';

/** An image of a bundle that a node has, under the id that its engine gave it. */
export interface BroughtImage {
	readonly image: BundledImage;
	readonly node: string;
	readonly id: string;
	readonly wasHere: boolean;
}

/** Gives an image to a node with all its names. One that has it already is sent nothing. */
export async function bringImage(client: Client, {image, node, bytes}: {readonly image: BundledImage; readonly node: string; readonly bytes: AsyncIterable<Uint8Array>}, io: CliIo): Promise<BroughtImage> {
	if (await hasImage(client, {node, reference: image.id}, io) === image.id) {
		for (const reference of image.references) await fetchImage(client, {node, reference, id: image.id, io, tell: () => undefined});
		return {image, node, id: image.id, wasHere: true};
	}
	const loaded = await pushArchive(client, {node, bytes, wanted: {id: image.id, names: image.references}}, io);
	return {image, node, id: textAt(loaded, 'id'), wasHere: false};
}

/** The id of the image that a node has under a name or an id; empty when it has none. */
export async function hasImage(client: Client, {node, reference}: {readonly node: string; readonly reference: string}, io: CliIo): Promise<string> {
	const [held] = await answersOf(client, {node, action: 'image.have', data: {reference}}, io);
	return textAt(held, 'image', 'id');
}

/** Where other nodes have another content under a name, they get the new one; with `everywhere` all that can run it do, and else when they need it. */
export async function renewOthers(client: Client, {brought, nodes, everywhere, tell}: {readonly brought: readonly BroughtImage[]; readonly nodes: readonly TargetNode[]; readonly everywhere: boolean; readonly tell: (line: string) => void}, io: CliIo): Promise<void> {
	const others = nodes.map(({name}) => name).filter(name => brought.some(({node}) => node !== name));
	if (others.length === 0) return;
	await onNodes(client, {node: others}, io, async name => {
		for (const {image, node, id} of brought) {
			const isOfItsKind = targetFor(image, nodes.filter(other => other.name === name)) !== undefined;
			if (node === name || !isOfItsKind) continue;
			for (const reference of image.references) {
				const has = await hasImage(client, {node: name, reference}, io);
				if (has === id || (has === '' && !everywhere)) continue;
				await fetchImage(client, {node: name, reference, id, io, tell: () => undefined});
				tell(`${name}: ${reference} is ${shortId(id)} now`);
			}
		}
	});
}
