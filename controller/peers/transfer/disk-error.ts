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
