import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** A directory of one's own that goes, with all that is in it, when it is disposed of. */
export interface TempDirectory extends AsyncDisposable {
	readonly path: string;
}

/** Makes an empty directory below the system's temporary one. `prefix` is short, since Unix sockets may be put in it. */
export async function makeTempDirectory(prefix = 'motey-'): Promise<TempDirectory> {
	const path = await mkdtemp(join(tmpdir(), prefix));
	return {path, [Symbol.asyncDispose]: async () => rm(path, {recursive: true, force: true})};
}
