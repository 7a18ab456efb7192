import {homedir} from 'node:os';
import {readIfThere} from '../private-file.js';

/** Whom a program was started for: with sudo, the one who typed it. The ids are there only when they differ from the process's own. */
export interface Invoker {
	readonly home: string;
	readonly uid?: number;
	readonly gid?: number;
}

/** A context file that MOTEY_CONFIG names is nobody's home's, and so the process's own user's. @see sudo(8), environment */
export async function findInvoker(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<Invoker> {
	const {SUDO_USER: user, SUDO_UID: uid, SUDO_GID: gid, MOTEY_CONFIG: contextFile = ''} = environment;
	if (contextFile !== '' || process.getuid?.() !== 0 || user === undefined || uid === undefined || gid === undefined || user === 'root') return {home: homedir()};
	const home = (await readIfThere('/etc/passwd') ?? '').split('\n').find(line => line.startsWith(`${user}:`))?.split(':')[5];
	return home === undefined || home === '' ? {home: homedir()} : {home, uid: Number(uid), gid: Number(gid)};
}

/**
 * True when systemd runs this process as a service and must stop it. Whatever a service starts inherits the variable,
 * but only systemd itself is a parent with pid 1 from the beginning.
 * @see systemd.exec(5), INVOCATION_ID
 */
export function isSupervised(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
	return environment['INVOCATION_ID'] !== undefined && process.ppid === 1;
}

/** This process's environment with `changes`, for a child that shall find another home or node. */
export function environmentWith(changes: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
	return {...process.env, ...changes};
}
