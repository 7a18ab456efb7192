import {chown} from 'node:fs/promises';
import {homedir} from 'node:os';
import {dirname, join} from 'node:path';
import {cliEnvironment} from '../api/cli/args.js';
import {writeContext} from '../api/cli/context.js';
import {readIfThere} from './private-file.js';
import type {Config} from './config/schema.js';
import type {Listening} from './listeners.js';

/** Whom a node was started for: with sudo, the one who typed it. */
interface Invoker {
	readonly home: string;
	readonly uid: number | undefined;
	readonly gid: number | undefined;
}

/** Puts the way to this node into the context file (mode 0600) of whoever started it, so that `motey apply` just works. */
export async function saveAccess({config, listening, access}: {config: Config; listening: Listening; access: {readonly token: string; readonly authority: string}}): Promise<void> {
	const {home, uid, gid} = await invoker();
	const file = uid === undefined ? cliEnvironment().contextFile : join(home, '.motey', 'config');
	await writeContext(file, {name: config.name, server: `https://127.0.0.1:${listening.tlsPort}`, token: access.token, ca: access.authority});
	if (uid === undefined || gid === undefined) return;
	await chown(dirname(file), uid, gid);
	await chown(file, uid, gid);
}

async function invoker(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<Invoker> {
	const own = {home: homedir(), uid: undefined, gid: undefined};
	const {SUDO_USER: user, SUDO_UID: uid, SUDO_GID: gid} = environment;
	if (process.getuid?.() !== 0 || user === undefined || uid === undefined || gid === undefined || user === 'root') return own;
	const home = (await readIfThere('/etc/passwd') ?? '').split('\n').find(line => line.startsWith(`${user}:`))?.split(':')[5];
	return home === undefined || home === '' ? own : {home, uid: Number(uid), gid: Number(gid)};
}
