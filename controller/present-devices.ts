import {readdir, stat} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {isMatchedBy} from './path-pattern.js';

/** The devices that are there now, of those that `patterns` allow: paths, whose last name may have a `*`. What is no path is passed over. */
export async function presentDevices(patterns: readonly string[]): Promise<readonly string[]> {
	const paths = await Promise.all(patterns.filter(pattern => pattern.startsWith('/')).map(pathsOf));
	const unique = [...new Set(paths.flat())].sort();
	const are = await Promise.all(unique.map(async path => stat(path).then(found => found.isCharacterDevice() || found.isBlockDevice(), () => false)));
	return unique.filter((_path, at) => are[at] === true).slice(0, most);
}

/** A pattern that covers half of `/dev` must not fill the Node. */
const most = 64;

async function pathsOf(pattern: string): Promise<readonly string[]> {
	if (!basename(pattern).includes('*')) return [pattern];
	const folder = dirname(pattern);
	const names = await readdir(folder).catch((): string[] => []);
	return names.map(name => join(folder, name)).filter(path => isMatchedBy(pattern, path));
}
