import {readFile} from 'node:fs/promises';
import {EngineError} from '../../../reconcilers/ports/engine.js';

/** Whom a program runs as. */
export interface UserIds {
	readonly uid: number;
	readonly gid: number;
}

/** The numbers of `user` or `user:group`, names or numbers, by the host's own files. A number without an entry is its own group. */
export async function userIds(text: string): Promise<UserIds> {
	const [user = '', group] = text.split(':');
	const [users, groups] = await Promise.all([entries('/etc/passwd'), entries('/etc/group')]);
	const entry = users.find(([name, , uid]) => name === user || uid === user);
	const uid = /^\d+$/u.test(user) ? Number(user) : Number(entry?.[2] ?? NaN);
	const own = entry?.[3] ?? String(uid);
	const gid = group === undefined ? Number(own) : /^\d+$/u.test(group) ? Number(group) : Number(groups.find(([name]) => name === group)?.[2] ?? NaN);
	if (!Number.isInteger(uid) || !Number.isInteger(gid)) throw new EngineError('Invalid', `parameters.user: this host has no ${Number.isInteger(uid) ? `group ${group}` : `user ${user}`}`, {transient: false});
	return {uid, gid};
}

async function entries(file: string): Promise<readonly (readonly string[])[]> {
	return (await readFile(file, 'utf8')).split('\n').map(line => line.split(':'));
}
