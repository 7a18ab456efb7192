import {expired} from '../status.js';
import type {ApiObject} from './readable.js';

/** A list at one revision, held while a client pages through it. */
export interface Snapshot {
	readonly revision: string;
	readonly items: readonly ApiObject[];
}

/** Holds the lists that are being paged through. */
export interface Snapshots {
	/** A token for the page that begins at `start`. */
	keep(of: string, snapshot: Snapshot, start: number): string;
	/** Throws 410 when the list is no longer held, or the token is of another list. */
	resume(of: string, token: string): {readonly snapshot: Snapshot; readonly start: number};
}

interface Held {
	readonly snapshot: Snapshot;
	readonly until: number;
}

/** Holds at most `count` lists, each for `holdMs` since its last page. Costs references only: the objects are the store's. `of` names kind and selection. */
export function createSnapshots({count, holdMs, nowMs}: {readonly count: number; readonly holdMs: number; readonly nowMs: () => number}): Snapshots {
	const held = new Map<string, Held>();
	const keyOf = (of: string, revision: string): string => `${revision} ${of}`;
	const forget = (): void => {
		for (const [key, {until}] of held) {
			if (held.size <= count && until > nowMs()) break;
			held.delete(key);
		}
	};
	return {
		keep(of, snapshot, start) {
			const key = keyOf(of, snapshot.revision);
			held.delete(key);
			held.set(key, {snapshot, until: nowMs() + holdMs});
			forget();
			return Buffer.from(`${snapshot.revision} ${start}`).toString('base64url');
		},
		resume(of, token) {
			forget();
			const [revision = '', start] = Buffer.from(token, 'base64url').toString().split(' ');
			const snapshot = held.get(keyOf(of, revision))?.snapshot;
			if (!snapshot || start === undefined || !/^\d+$/u.test(start)) {
				throw expired('The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.');
			}
			return {snapshot, start: Number(start)};
		},
	};
}
