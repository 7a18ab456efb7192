import {CliError, exitCodes} from '../exit-codes.js';

/** One end of a copy: a path of this machine, or of a node. */
export type Place = {readonly kind: 'here'; readonly path: string} | {readonly kind: 'there'; readonly node: string; readonly path: string};

/** `NODE:PATH`, or a path of this machine. One with a colon in its first name is written `./a:b`. */
export function placeOf(text: string): Place {
	const [, node, path] = /^([\w.-]+):(.*)$/su.exec(text) ?? [];
	if (node === undefined || path === undefined) return {kind: 'here', path: text};
	return {kind: 'there', node, path: path === '' ? '.' : path};
}

/** The two ends. One is here and one is there, or it is nothing that can be copied. */
export function endsOf(from: string, to: string): {readonly here: string; readonly there: Extract<Place, {kind: 'there'}>; readonly direction: 'up' | 'down'} {
	const [source, target] = [placeOf(from), placeOf(to)];
	if (source.kind === 'here' && target.kind === 'there') return {here: source.path, there: target, direction: 'up'};
	if (source.kind === 'there' && target.kind === 'here') return {here: target.path, there: source, direction: 'down'};
	const what = source.kind === 'here' ? 'neither end is a node' : 'both ends are nodes';
	throw new CliError(what, {exitCode: exitCodes.usage, fix: 'Write one of them as NODE:PATH: motey cp report.csv attic:report.csv'});
}

/** A path of a node with a name behind it. */
export const below = (path: string, name: string): string => (path === '.' ? name : `${path.replace(/\/+$/u, '')}/${name}`);

/** The last name of a path; empty for one that has none, such as `.` or `/`. */
export const lastName = (path: string): string => path.split('/').filter(name => name !== '' && name !== '.' && name !== '..').at(-1) ?? '';
