import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {access, constants, stat} from 'node:fs/promises';
import {pipeline} from 'node:stream/promises';
import {EngineError} from '../../../reconcilers/ports/engine.js';

/** The digests of programs. A file that looks the same (inode, size, times) is not read again. */
export class Contents {
	readonly #known = new Map<string, {readonly looks: string; readonly id: string}>();

	/** `sha256:…` of the program's file. Throws `ImageUnavailable` when it is not there or cannot be run. */
	async idOf(program: string, signal: AbortSignal): Promise<string> {
		try {
			const {ino, size, mtimeMs, ctimeMs} = await executable(program);
			const looks = [ino, size, mtimeMs, ctimeMs].join(' ');
			const known = this.#known.get(program);
			if (known?.looks === looks) return known.id;
			const hash = createHash('sha256');
			await pipeline(createReadStream(program), hash, {signal});
			const id = `sha256:${hash.digest('hex')}`;
			this.#known.set(program, {looks, id});
			return id;
		} catch (error) {
			if (signal.aborted) throw new EngineError('Aborted', `Given up while ${program} was read`, {transient: true, cause: error});
			throw new EngineError('ImageUnavailable', `this host has no program ${program} that can be run: ${error instanceof Error ? error.message : String(error)}`, {transient: true, cause: error});
		}
	}
}

async function executable(program: string): ReturnType<typeof stat> {
	await access(program, constants.X_OK);
	const found = await stat(program);
	if (!found.isFile()) throw new Error('it is no file');
	return found;
}
