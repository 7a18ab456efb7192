import {createWriteStream} from 'node:fs';
import {readFile, rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createClient, type Client} from '../api/client/client.js';
import {requestStream, type Endpoint} from '../api/client/transport.js';
import {backupPath} from '../api/backup-routes.js';
import {readBackup} from '../store/level/backup-file.js';
import type {BackupReport} from '../store/level/backup.js';
import {formatRevision} from '../store/level/revision.js';
import type {RunState} from './run-state.js';

/** The way to the node that runs on this machine, with the token only its own user may read. */
async function localEndpoint({socket, dataDir}: Pick<RunState, 'socket' | 'dataDir'>): Promise<Endpoint> {
	return {server: `unix://${socket}`, token: (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim()};
}

/** A client of the node that runs on this machine. */
export async function localClient(state: Pick<RunState, 'socket' | 'dataDir'>): Promise<Client> {
	return createClient(await localEndpoint(state));
}

/** Fetches a backup of the running node's store into `file`, which is replaced only once the new one is there and verified whole. */
export async function requestBackup(state: RunState, file: string): Promise<BackupReport> {
	const unfinished = `${file}.unfinished`;
	try {
		await pipeline(await requestStream(await localEndpoint(state), {method: 'GET', path: backupPath, accept: 'application/octet-stream', deadlineMs: 600_000}), createWriteStream(unfinished, {mode: 0o600, flush: true}));
		const {position, objects} = await readBackup(unfinished);
		await rename(unfinished, file);
		return {revision: formatRevision(position), objects: objects.length};
	} catch (error) {
		await rm(unfinished, {force: true});
		throw error;
	}
}
