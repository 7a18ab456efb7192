import {systemErrorCode} from '../../private-file.js';
import {CallError} from '../mdp/call-error.js';
import type {Staged} from './staging.js';

interface About {
	readonly staged: Staged;
}

const pathOf = ({root, names}: Staged): string => [root.replace(/\/+$/u, ''), ...names].join('/');

/** The disk has no room for a file. */
export function noRoom({staged}: About, {neededBytes, freeBytes}: {readonly neededBytes: number; readonly freeBytes: number}): CallError {
	return new CallError('InsufficientStorage', `no room for ${pathOf(staged)}: it needs ${neededBytes} bytes more, and ${freeBytes} are free for it; nothing of it was kept`, {fix: 'Make room on the node\'s disk, and copy it again.'});
}

/** What is said of a path that the node itself cannot open, read or make; in the words of whoever asked for it. */
export function explainedFor(path: string): (error: unknown) => never {
	return error => {
		const code = systemErrorCode(error);
		if (error instanceof CallError || code === undefined) throw error;
		if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw new CallError('Forbidden', `the node itself may not touch ${path}: ${code}`, {fix: 'Look after that directory on the node: its disk, its owner and its mode.', cause: error});
		if (code === 'ENOSPC' || code === 'EDQUOT') throw new CallError('InsufficientStorage', `no room for ${path}; nothing of it was kept`, {fix: 'Make room on the node\'s disk, and copy it again.', cause: error});
		throw new CallError('Internal', `${path} cannot be opened: ${code}`, {cause: error});
	};
}

/** What is said when a disk did not take a file, and nothing of that is left. */
export function discardedBy(error: unknown, {staged}: About): CallError {
	if (error instanceof CallError) return error;
	const code = systemErrorCode(error);
	const why = error instanceof Error ? error.message : 'it failed';
	if (code === 'ENOSPC' || code === 'EDQUOT') {
		return new CallError('InsufficientStorage', `the disk became full while ${pathOf(staged)} was written; nothing of it was kept`, {fix: 'Make room on the node\'s disk, and copy it again.', cause: error});
	}
	return new CallError('Internal', `${pathOf(staged)} could not be written: ${why}; nothing of it was kept`, {cause: error});
}
