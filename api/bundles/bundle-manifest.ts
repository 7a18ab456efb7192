import {z} from 'zod';
import {BundleError} from './bundle-error.js';

/** Longest manifest, in bytes: room for a thousand images, and it fits the longest body of a request. */
export const manifestLimitBytes = 524_288;
/** Longest text of the Services, in bytes: what a user's own files may have. */
export const servicesLimitBytes = 16_777_216;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/u, 'must be 64 hexadecimal digits');
const Reference = z.string().min(1).max(512).regex(/^[A-Za-z0-9][A-Za-z0-9._\-/:@]*$/u, 'must be the name of an image');

/** One image of a bundle: an archive as `docker save` writes it, without names. */
export const BundledImage = z.strictObject({
	id: z.string().regex(/^sha256:[0-9a-f]{64}$/u, 'must be sha256: and 64 digits'),
	/** As Docker says it: `linux/amd64`. */
	platform: z.string().regex(/^[a-z0-9]+(?:\/[a-z0-9._-]+){1,2}$/u, 'must be an operating system and a processor, as linux/amd64'),
	/** The names that Services use for it; they are given to it where it is loaded. */
	references: z.array(Reference).min(1).max(1000).readonly(),
	sizeBytes: z.int().min(1),
	/** Of the archive. */
	sha256: Sha256,
}).readonly();
export type BundledImage = z.infer<typeof BundledImage>;

/** What a bundle holds, in the order in which it does. It is what is signed, byte for byte. */
export const BundleManifest = z.strictObject({
	format: z.literal('motey.io/bundle/v1'),
	/** RFC 3339, of the clock of whoever made it: for people, nothing is decided by it. */
	created: z.iso.datetime(),
	services: z.strictObject({names: z.array(z.string().min(1).max(512)).min(1).readonly(), sizeBytes: z.int().min(2).max(servicesLimitBytes), sha256: Sha256}).readonly(),
	images: z.array(BundledImage).max(1000).readonly(),
}).readonly();
export type BundleManifest = z.infer<typeof BundleManifest>;

/** Reads a manifest. Throws `BundleError`, also for one in which an image stands twice or a name means two contents for one kind of machine. */
export function parseManifest(text: string): BundleManifest {
	const read = BundleManifest.safeParse(jsonOf(text));
	if (!read.success) throw new BundleError('Malformed', `its manifest cannot be read: ${z.prettifyError(read.error)}`);
	const ids = new Set<string>();
	const meanings = new Set<string>();
	for (const {id, platform, references} of read.data.images) {
		if (ids.has(id)) throw new BundleError('Malformed', `its manifest names the image ${id} twice`);
		ids.add(id);
		for (const reference of references) {
			const meaning = `${reference} for ${platform}`;
			if (meanings.has(meaning)) throw new BundleError('Malformed', `its manifest has two contents of ${meaning}`);
			meanings.add(meaning);
		}
	}
	return read.data;
}

/** The path of an image within a bundle. */
export const imagePath = ({id}: Pick<BundledImage, 'id'>): string => `images/${id.slice('sha256:'.length)}.tar`;

function jsonOf(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return value;
	} catch (error) {
		throw new BundleError('Malformed', 'its manifest is no JSON', {cause: error});
	}
}
