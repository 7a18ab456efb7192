import {createReadStream} from 'node:fs';
import {rm, open, rename, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {CallRefused} from '../../../../api/ports/calls.js';
import type {StreamFiles} from '../../../../controller/compatibility/stream-framing/files.js';

/** Files by their bare names in one directory; any other path is refused. */
export function directoryFiles(directory: string): StreamFiles {
	const placeOf = (path: string): string => {
		if (path === '' || basename(path) !== path || path === '..') throw new CallRefused('Forbidden', `${path}: outside of what this node allows`);
		return join(directory, path);
	};
	return {
		async receive({path}) {
			const place = placeOf(path);
			const file = await open(`${place}.part`, 'w');
			return {
				async write(bytes) {
					await file.write(bytes);
				},
				async commit() {
					await file.close();
					await rename(`${place}.part`, place);
				},
				async discard() {
					await file.close();
					await rm(`${place}.part`, {force: true});
				},
			};
		},
		async give(path) {
			const place = placeOf(path);
			const found = await stat(place).catch(() => undefined);
			if (found === undefined) throw new CallRefused('NotFound', `there is no ${path}`);
			const pieces = createReadStream(place);
			return {size: found.size, pieces: pieces as AsyncIterable<Buffer>, [Symbol.asyncDispose]: async () => Promise.resolve(void pieces.destroy())};
		},
	};
}
