import {existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {join} from 'node:path';

/**
 * Path of Debian's kubectl 1.20, which scripts/prerequisites.sh unpacks into the cache without installing it;
 * `KUBECTL` names another. Throws when there is none.
 */
export function kubectlPath(): string {
	const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
	const path = process.env['KUBECTL'] ?? join(cache, 'motey-test', 'kubectl-1.20', 'usr', 'bin', 'kubectl');
	if (!existsSync(path)) throw new Error(`There is no kubectl at ${path}; run \`scripts/prerequisites.sh test\``);
	return path;
}
