/** Where a path leads: below one of the directories that the node allows, name by name. */
export interface FilePlace {
	readonly root: string;
	/** None for the directory itself. */
	readonly names: readonly string[];
}

/** An unfinished file lies under such a name beside the one it will have. */
const unfinishedName = /^\.[0-9a-f]{32}\.motey-part$/u;

/** The name under which the unfinished file of a transfer lies. */
export const unfinished = (id: string): string => `.${id}.motey-part`;

/** True for a name that only unfinished files have; nobody may ask for them. */
export const isUnfinished = (name: string): boolean => unfinishedName.test(name);

const pathBytes = 4096;
const nameBytes = 255;

/**
 * Reads a path: absolute, inside one of the allowed directories, or relative to the first of them. Says why not, when it is neither or could lead
 * out of it. That no link is followed is seen to when it is opened.
 */
export function placeOf(path: string, allow: readonly string[]): FilePlace | {readonly refusal: string} {
	if (path.includes('\0')) return {refusal: 'a path has no NUL'};
	if (Buffer.byteLength(path) > pathBytes) return {refusal: `a path is no longer than ${pathBytes} bytes`};
	// What is no text in UTF-8 would name another file than it says.
	if (/[\uFFFD\uD800-\uDFFF]/u.test(path)) return {refusal: 'a path is text in UTF-8'};
	const names = namesOf(path);
	if (names.includes('..')) return {refusal: 'a path has no ".."'};
	if (names.some(name => Buffer.byteLength(name) > nameBytes)) return {refusal: `a name is no longer than ${nameBytes} bytes`};
	if (names.some(isUnfinished)) return {refusal: 'unfinished files belong to their transfers'};
	if (!path.startsWith('/')) return {root: allow[0] ?? '', names};
	const around = allow.filter(root => namesOf(root).every((name, index) => names[index] === name)).sort((one, other) => other.length - one.length);
	const [root] = around;
	if (root === undefined) return {refusal: `outside of what this node allows: ${allow.join(', ')}`};
	return {root, names: names.slice(namesOf(root).length)};
}

const namesOf = (path: string): readonly string[] => path.split('/').filter(name => name !== '' && name !== '.');
