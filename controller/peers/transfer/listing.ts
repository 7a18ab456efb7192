import {readdir} from 'node:fs/promises';
import type {Stats} from 'node:fs';
import {CallError} from '../mdp/call-error.js';
import {isUnfinished, type FilePlace} from './file-path.js';
import {notAFile, openFolder, type Folder} from './folder.js';

/** So many names of a directory are told at once. */
const namesAtOnce = 1000;

/** One thing in a directory. `other` is what cannot be copied: links, devices, pipes, sockets, and what has a name that is no text. */
export interface Entry {
	readonly name: string;
	readonly kind: 'file' | 'directory' | 'other';
	readonly size: number;
}

/** What lies at a path. A directory tells its entries by name, up to 1 000, `more` when there are others after them. */
export type Listing =
	| {readonly kind: 'file'; readonly size: number; readonly mode: number; readonly modified: string}
	| {readonly kind: 'directory'; readonly entries: readonly Entry[]; readonly more: boolean};

/** Looks at a path. `after` goes on with a directory behind that name. Throws `CallError`. */
export async function listingOf({root, names}: FilePlace, shown: string, after = ''): Promise<Listing> {
	const name = names.at(-1);
	if (name !== undefined) {
		await using parent = await openFolder(root, names.slice(0, -1));
		const found = await parent.look(name);
		if (found === undefined) throw new CallError('NotFound', `there is no file or directory ${shown}`);
		if (found.isFile()) return {kind: 'file', size: found.size, mode: found.mode & 0o777, modified: found.mtime.toISOString()};
		if (!found.isDirectory()) throw notAFile(found, shown);
	}
	await using folder = await openFolder(root, names);
	const all = (await readdir(folder.at('.'))).filter(each => !isUnfinished(each) && each > after).sort();
	return {kind: 'directory', entries: await entriesOf(folder, all.slice(0, namesAtOnce)), more: all.length > namesAtOnce};
}

async function entriesOf(folder: Folder, names: readonly string[]): Promise<readonly Entry[]> {
	const found = await Promise.all(names.map(async name => ({name, stats: await folder.look(name)})));
	return found.flatMap(({name, stats}): readonly Entry[] => {
		// No path that is text leads there: it is told of, since it would else be missed by nobody.
		if (name.includes('\uFFFD')) return [{name, kind: 'other', size: 0}];
		return stats === undefined ? [] : [{name, kind: kindOf(stats), size: stats.isFile() ? stats.size : 0}];
	});
}

const kindOf = (stats: Stats): Entry['kind'] => (stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other');
