import {pipeline} from 'node:stream/promises';
import {Router} from 'express';
import {requireAdmin} from './auth/guard.js';
import type {LocalNode} from './ports/node.js';

/** Where an admin gets a backup of this node's store. */
export const backupPath = '/apis/motey.io/v1/backup';

/** `GET` streams the backup, verified line by line as `motey store restore` reads it. For admins alone: it holds the hashes of tokens. */
export function backupRoutes({node}: {readonly node: Pick<LocalNode, 'openBackup'>}): Router {
	const router = Router();
	router.get(backupPath, requireAdmin(), async (_request, response) => {
		await using backup = await node.openBackup();
		response.status(200).type('application/octet-stream');
		await pipeline(backup.stream, response);
	});
	return router;
}
