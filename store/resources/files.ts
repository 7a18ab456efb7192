import {createHash} from 'node:crypto';
import {z} from 'zod';

/**
 * UTF-8 bytes of all files of one image entry together. They stand in the Service, once more in the annotation that remembers the last apply, and
 * in each Instance, and each of these objects has at most 256 KiB.
 */
export const mostFileBytes = 65_536;

const modeMeaning = 'must be an octal mode in quotes, such as "0644"';

/** A file that is mounted, read-only, into the containers of an image entry. */
export const MountedFile = z.strictObject({
	path: z.string().max(255).regex(/^\/(?:(?!\.{1,2}(?:\/|$))[^/\p{Cc}]+(?:\/(?!$)|$))+$/u, 'must be the plain path of a file in the container, such as /etc/shop.conf'),
	content: z.string(),
	/** Octal, as `chmod` takes it; a number would mean different things to different readers of YAML. */
	mode: z.string(modeMeaning).regex(/^0?[0-7]{3}$/u, modeMeaning).exactOptional(),
	onChange: z.enum(['restart', 'signal', 'none']).exactOptional(),
	/** For `motey apply -f` alone, which puts the content in its place. */
	from: z.never('is read by motey apply -f, which sends the content of the file: write content here').exactOptional(),
}).readonly();
export type MountedFile = z.infer<typeof MountedFile>;

/** What becomes of a running container when a file of it changes. */
export type OnChange = NonNullable<MountedFile['onChange']>;

/** What a file is where it does not say. */
export const fileDefaults = {mode: '0444', onChange: 'restart'} as const;

/** The files of one image entry. */
export const MountedFiles = z.array(MountedFile).max(32)
	.refine(files => new Set(files.map(({path}) => path)).size === files.length, 'two of them have one path')
	.refine(files => !files.some(({path}) => files.some(other => other.path.startsWith(`${path}/`))), 'one of them would have to be a directory for another to be in it')
	.refine(files => bytesOf(files) <= mostFileBytes, `have more than ${mostFileBytes} bytes together: large ones belong in the image or in a volume`)
	.readonly();

/** A file as a container has it: what it was started with, or given or told of since. */
export const FileInForce = z.strictObject({
	path: z.string(),
	/** `sha256:` and the hex digest of its content. */
	digest: z.string(),
}).readonly();
export type FileInForce = z.infer<typeof FileInForce>;

/** The files as they are in force once a container has been given them. */
export function inForce(files: readonly MountedFile[]): readonly FileInForce[] {
	return files.map(({path, content}) => ({path, digest: digestOf(content)}));
}

/** Those of `files` whose content is not in force. */
export function changedFiles(files: readonly MountedFile[] = [], present: readonly FileInForce[] = []): readonly MountedFile[] {
	if (files.length === 0) return files;
	const digests = new Map(present.map(({path, digest}) => [path, digest]));
	return files.filter(({path, content}) => digests.get(path) !== digestOf(content));
}

const digestOf = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

function bytesOf(files: readonly {readonly content: string}[]): number {
	return files.reduce((sum, {content}) => sum + Buffer.byteLength(content), 0);
}
