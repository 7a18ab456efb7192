import {posix} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {pack} from 'tar-stream';
import type {MountedFile} from '../../../../store/resources/files.js';
import type {EngineApi} from '../engine-api.js';
import {fileName, isLinked, linkedAt} from './layout.js';

/** The links of `files` as an archive to be unpacked at the root of a container; undefined when none of them needs one. */
export async function linksArchive(files: readonly MountedFile[]): Promise<Buffer | undefined> {
	const linked = files.filter(isLinked);
	if (linked.length === 0) return undefined;
	const archive = pack();
	// Links without their directories: those that are there keep their owner and mode.
	for (const file of linked) archive.entry({name: file.path.slice(1), type: 'symlink', linkname: posix.join(linkedAt, fileName(file))});
	archive.finalize();
	return buffer(archive);
}

/** Puts links into a container that has not been started yet. A directory in the place of one is an error, never replaced. */
export async function putLinks(api: EngineApi, id: string, {name, archive, signal}: {readonly name: string; readonly archive: Buffer; readonly signal: AbortSignal}): Promise<void> {
	await api.change(
		{what: `link the files of ${name}`, deadlineMs: api.deadlines.createMs, signal},
		{method: 'PUT', path: `/containers/${id}/archive`, query: {path: '/', noOverwriteDirNonDir: true}, archive},
	);
}
