import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';

/** Mount points at or below `directory`, deepest last. */
export function mountsBelow(directory: string): string[] {
	return readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
		.flatMap(line => line.split(' ')[4] ?? [])
		.map(path => path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
		.filter(path => path === directory || path.startsWith(`${directory}/`));
}

/** Unmounts everything at or below `directory`, the last mounted first; what is busy is detached and goes when it is let go. */
export function unmountBelow(directory: string): void {
	for (const path of mountsBelow(directory).reverse()) spawnSync('umount', ['-l', path]);
}
