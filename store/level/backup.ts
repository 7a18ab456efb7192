import {kinds, type Resource} from '../resources/kinds.js';
import type {Revision, Store} from '../store.js';
import {writeBackup} from './backup-file.js';
import {loadOnce} from './check.js';
import {withDatabaseCopy} from './database-copy.js';
import {corrupt} from './head.js';
import {formatRevision, parseRevision} from './revision.js';

/** What a backup holds. */
export interface BackupReport {
	readonly revision: Revision;
	readonly objects: number;
}

/**
 * Writes all objects of a store, at one revision, into `file`, replacing it only once the new one is complete and synced. Takes an open
 * store, which goes on meanwhile, or the directory of one that no process has open. A damaged store is refused: that is for salvage.
 */
export async function backupStore(source: Store | string, file: string): Promise<BackupReport> {
	const {revision, objects} = typeof source === 'string' ? await readClosed(source) : readOpen(source);
	const position = parseRevision(revision);
	if (!position) throw corrupt(`The store gave the revision ${revision}, which is none.`);
	await writeBackup(file, {position, objects});
	return {revision, objects: objects.length};
}

/** No turn passes between the lists, so they are of one revision. */
function readOpen(store: Store): {revision: Revision; objects: readonly Resource[]} {
	return {revision: store.revision(), objects: kinds.flatMap((kind): readonly Resource[] => store.list(kind).items)};
}

async function readClosed(directory: string): Promise<{revision: Revision; objects: readonly Resource[]}> {
	const {head, table} = await withDatabaseCopy(directory, loadOnce);
	return {revision: formatRevision(head), objects: kinds.flatMap((kind): readonly Resource[] => table.list(kind))};
}
