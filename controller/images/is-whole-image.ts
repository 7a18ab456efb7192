import {EngineError, type CallOptions} from '../../reconcilers/ports/engine.js';
import type {EngineImages} from '../../reconcilers/ports/engine-images.js';
import {ArchiveError} from './archive/archive-error.js';
import {defaultArchiveLimits} from './archive/archive-limits.js';
import {checkArchive} from './archive/check-archive.js';

/** Reads all of an image of an engine and compares it with its id. An engine that does not answer says nothing against it. */
export async function isWholeImage(images: EngineImages, id: string, options: CallOptions): Promise<boolean> {
	try {
		await checkArchive(images.export(id, options), {...defaultArchiveLimits, bytes: Number.MAX_SAFE_INTEGER}, {id});
		return true;
	} catch (error) {
		options.signal.throwIfAborted();
		if (error instanceof ArchiveError) return error.code === 'TooLarge' || error.code === 'Bomb';
		return !(error instanceof EngineError && error.code === 'Failed');
	}
}
