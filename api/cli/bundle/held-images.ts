import {isObject, listAt, numberAt, textAt, type JsonObject} from '../../client/value.js';
import {CliError, exitCodes} from '../exit-codes.js';

/** An image that a node has under a name. */
export interface HeldImage {
	readonly node: string;
	readonly reference: string;
	readonly id: string;
	readonly platform: string;
	readonly sizeBytes: number;
}

/** An image that is needed: its content, its names, and the nodes that have it, the preferred one first. */
export interface WantedImage {
	readonly id: string;
	readonly platform: string;
	readonly references: readonly string[];
	readonly sizeBytes: number;
	readonly nodes: readonly string[];
}

/** The container images that Services name, each once. Entries for engines that run something else have none. */
export function referencesOf(services: readonly JsonObject[]): readonly string[] {
	const entries = services.flatMap(service => listAt(service, 'spec', 'images')).filter(isObject);
	return [...new Set(entries.filter(entry => (textAt(entry, 'engine') || 'docker') === 'docker').map(entry => textAt(entry, 'image')))].sort();
}

/** What a node says when asked whether it has an image. */
export function heldImage(answer: unknown, {node, reference}: {readonly node: string; readonly reference: string}): readonly HeldImage[] {
	const id = textAt(answer, 'image', 'id');
	return id === '' ? [] : [{node, reference, id, platform: textAt(answer, 'image', 'platform'), sizeBytes: numberAt(answer, 'image', 'sizeBytes') ?? 0}];
}

/**
 * Which content every name stands for on every kind of machine: what `preferred` has; elsewhere what all who have the name agree on. Throws `CliError`
 * when a name has no content, not for a kind of machine that was asked for, or several.
 */
export function chooseImages(held: readonly HeldImage[], {references, platforms, preferred}: {readonly references: readonly string[]; readonly platforms: readonly string[] | undefined; readonly preferred: string}): readonly WantedImage[] {
	const wanted = new Map<string, WantedImage>();
	for (const reference of references) {
		const all = held.filter(image => image.reference === reference);
		if (all.length === 0) throw new CliError(`no node has the image ${reference}`, {exitCode: exitCodes.notFound, fix: '`motey image push` gives one to a node, `docker pull` has it where there is a network.'});
		const present = [...new Set(all.map(({platform}) => platform))];
		for (const platform of platforms ?? present.sort()) {
			const fitting = all.filter(image => image.platform === platform);
			const [first] = [...fitting].sort((one, other) => Number(other.node === preferred) - Number(one.node === preferred));
			if (first === undefined) throw new CliError(`no node has ${reference} for ${platform}; there is ${present.join(', ')}`, {exitCode: exitCodes.notFound, fix: 'Give it to a node of that kind first, or leave --platform out.'});
			const others = fitting.filter(({id}) => id !== first.id);
			if (first.node !== preferred && others.length > 0) {
				throw new CliError(`${reference} for ${platform} is one image on ${first.node} and another on ${others.map(({node}) => node).join(', ')}`, {fix: 'Say whose is meant: --from NODE.'});
			}
			const known = wanted.get(first.id);
			const nodes = [first.node, ...fitting.filter(({id, node}) => id === first.id && node !== first.node).map(({node}) => node)];
			wanted.set(first.id, {
				id: first.id, platform, sizeBytes: first.sizeBytes, references: [...(known?.references ?? []), reference],
				nodes: [...new Set([...(known?.nodes ?? []), ...nodes])],
			});
		}
	}
	return [...wanted.values()];
}
