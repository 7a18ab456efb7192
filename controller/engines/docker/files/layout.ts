import {createHash} from 'node:crypto';
import {posix} from 'node:path';
import {fileDefaults, type MountedFile} from '../../../../store/resources/files.js';
import type {MountBody} from '../container-body.js';

/**
 * How a file gets into a container. A bind mount of a file holds on to that very file: what `rename` puts in its place on the host is not seen
 * until the container starts anew, and to write into it would show a half-written one. So a file whose change restarts the container is mounted
 * by itself, which works wherever a path leads; any other lies in a directory that is mounted as a whole, in which a rename is seen at once,
 * and its path is a link into that directory.
 */
export const folders = {
	/** Of files that are mounted one by one. */
	alone: 'alone',
	/** Mounted as a whole. */
	together: 'together',
} as const;

/** Where the directory of the linked files is in a container. */
export const linkedAt = '/run/motey/files';

/** True for a file that a running container sees change. */
export const isLinked = ({onChange = fileDefaults.onChange}: MountedFile): boolean => onChange !== 'restart';

/** Name of a file in its folder: short whatever its path is, and the same for ever. */
export const fileName = ({path}: Pick<MountedFile, 'path'>): string => createHash('sha256').update(path).digest('hex').slice(0, 16);

/** The mounts that `files` need, of which `directory` holds what is on the host. */
export function fileMounts(files: readonly MountedFile[], directory: string): readonly MountBody[] {
	const alone = files.filter(file => !isLinked(file)).map((file): MountBody => ({Type: 'bind', Source: posix.join(directory, folders.alone, fileName(file)), Target: file.path, ReadOnly: true}));
	return files.some(isLinked) ? [...alone, {Type: 'bind', Source: posix.join(directory, folders.together), Target: linkedAt, ReadOnly: true}] : alone;
}
