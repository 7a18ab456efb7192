import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {createClient} from '../api/client/client.js';
import type {BackupReport} from '../store/level/backup.js';
import type {RunState} from './run-state.js';

const Report = z.strictObject({revision: z.string(), objects: z.int()});

/** A client of the node that runs on this machine, with the token only its own user may read. */
export async function localClient({socket, dataDir}: Pick<RunState, 'socket' | 'dataDir'>): Promise<ReturnType<typeof createClient>> {
	const token = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
	return createClient({server: `unix://${socket}`, token});
}

/** Has the running node write a backup of its store to `file`, an absolute path on this machine. */
export async function requestBackup(state: RunState, file: string): Promise<BackupReport> {
	const client = await localClient(state);
	return Report.parse(await client.call({method: 'POST', path: `/apis/motey.io/v1/nodes/${encodeURIComponent(state.name)}/backup`, body: {file}, deadlineMs: 600_000}));
}
