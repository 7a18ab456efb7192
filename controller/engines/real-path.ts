import {realpathSync} from 'node:fs';
import {posix} from 'node:path';

/** The deepest part of `path` that exists, with links followed, and the rest as it is. */
export function realPath(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		const parent = posix.dirname(path);
		return parent === path ? path : posix.join(realPath(parent), posix.basename(path));
	}
}
