import {lchown} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {cliEnvironment} from '../api/cli/args.js';
import {writeContext} from '../api/cli/context.js';
import {findInvoker} from './config/invoker.js';
import type {Config} from './config/schema.js';
import type {Listening} from './listeners.js';

/**
 * Puts the way to this node into the context file (mode 0600) of whoever started it, so that `motey apply` just works.
 * `MOTEY_CONFIG` names another file; without it, with sudo, it is that of the user who typed it.
 */
export async function saveAccess({config, listening, access}: {config: Config; listening: Listening; access: {readonly token: string; readonly authority: string}}): Promise<void> {
	const {home, uid, gid} = await findInvoker();
	const file = uid === undefined ? cliEnvironment().contextFile : join(home, '.motey', 'config');
	await writeContext(file, {name: config.name, server: `https://127.0.0.1:${listening.tlsPort}`, token: access.token, ca: access.authority});
	if (uid === undefined || gid === undefined) return;
	// Of the link itself where somebody has put one: what it leads to may be anybody's.
	await lchown(dirname(file), uid, gid);
	await lchown(file, uid, gid);
}
