import {posix} from 'node:path';
import {isMatchedBy} from '../../path-pattern.js';
import type {Launch} from './record.js';

/** Which programs of the host the node's own file lets run. */
export interface Permission {
	/** Paths, where `*` stands for any part of one name. */
	readonly allow: readonly string[];
	readonly nodeName: string;
	/** Links followed, as far as the path exists. */
	readonly realPath: (path: string) => string;
}

/** Whether `program`, a path without `.` and `..`, may run. A link that the administrator names is trusted; one that a pattern merely covers must lead to something that is covered too. */
export function isPermitted(program: string, {allow, realPath}: Permission): boolean {
	if (allow.includes(program)) return true;
	const patterns = allow.flatMap(pattern => [pattern, inRealFolder(pattern, realPath)]);
	return [program, realPath(program)].every(path => patterns.some(pattern => isMatchedBy(pattern, path)));
}

/** Where a command beside the program may be found, its first word looked for as execvp(3) does, with the program's own PATH and directory: only what is permitted. */
export function permittedPaths(word: string, {environment, workingDirectory}: Pick<Launch, 'environment' | 'workingDirectory'>, permission: Permission): readonly string[] {
	if (word === '') return [];
	const folders = environment.findLast(line => line.startsWith('PATH='))?.slice('PATH='.length).split(':') ?? [];
	const paths = word.includes('/') ? [posix.resolve(workingDirectory, word)] : folders.map(folder => posix.resolve(workingDirectory, folder, word));
	return paths.filter(path => isPermitted(path, permission));
}

/** Why `program` does not run, and what its administrator can do about it. */
export function notPermitted(program: string, {nodeName}: Permission): {readonly message: string; readonly fix: string} {
	const plain = program.includes('/') ? posix.normalize(program) : `/path/of/${program}`;
	return {message: `the node ${nodeName} does not permit the program ${program}`, fix: `its administrator can add it in motey.yaml: engines: {process: {allow: [${JSON.stringify(plain)}]}}`};
}

/** Where `/bin` is a link to `/usr/bin`, whoever permits what is in the one means the other. */
function inRealFolder(pattern: string, realPath: Permission['realPath']): string {
	const folder = posix.dirname(pattern);
	return folder.includes('*') ? pattern : posix.join(realPath(folder), posix.basename(pattern));
}
