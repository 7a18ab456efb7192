import type {BundledImage} from '../../bundles/bundle-manifest.js';
import type {ApiObject} from '../../client/client.js';
import {listAt, textAt} from '../../client/value.js';
import {dockerPlatform} from '../../../store/resources/docker-platform.js';
import {CliError} from '../exit-codes.js';

/** A node that can be given images. */
export interface TargetNode {
	readonly name: string;
	/** As Docker says it: `linux/amd64`. */
	readonly platform: string;
}

/** The nodes that are ready, the one that is asked first. */
export function targetNodes(nodes: readonly ApiObject[], asked: string): readonly TargetNode[] {
	return nodes
		.filter(node => node.metadata.name === asked || listAt(node, 'status', 'conditions').some(condition => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True'))
		.map(node => ({name: node.metadata.name, platform: dockerPlatform(textAt(node, 'status', 'info', 'architecture'))}))
		.sort((one, other) => Number(other.name === asked) - Number(one.name === asked));
}

/** The node that is given an image, and has it for all others of its kind; undefined when there is none of that kind. Docker names some kinds more closely (`linux/arm/v7`). */
export const targetFor = ({platform}: BundledImage, nodes: readonly TargetNode[]): string | undefined => nodes.find(node => node.platform === platform || platform.startsWith(`${node.platform}/`))?.name;

/** Throws `CliError` when there is an image that no node could run for any kind of machine. */
export function requireTargets(images: readonly BundledImage[], nodes: readonly TargetNode[]): void {
	const fitting = new Set(images.filter(image => targetFor(image, nodes) !== undefined).flatMap(({references}) => references));
	const lost = images.find(({references}) => references.some(reference => !fitting.has(reference)));
	if (lost === undefined) return;
	const present = [...new Set(nodes.map(({platform}) => platform))].join(', ');
	throw new CliError(`the bundle has ${lost.references.join(', ')} for ${lost.platform} only, and the nodes are ${present}`, {fix: `Make it anew with images for ${present}.`});
}
