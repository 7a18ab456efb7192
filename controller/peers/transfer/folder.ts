import {constants} from 'node:fs';
import {lstat, mkdir, open, type FileHandle} from 'node:fs/promises';
import type {Stats} from 'node:fs';
import {systemErrorCode} from '../../private-file.js';
import {CallError} from '../mdp/call-error.js';

const {O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY} = constants;

/** A directory that is held open, so that nobody can put another in its place meanwhile. */
export interface Folder extends AsyncDisposable {
	readonly handle: FileHandle;
	/** A path to what lies in it under `name`, by way of the open directory itself. @see proc(5), /proc/pid/fd */
	at(name: string): string;
	/** What lies there, links not followed; undefined when there is nothing. */
	look(name: string): Promise<Stats | undefined>;
}

/**
 * Opens `root` and goes down name by name without following a link. With `create` what is missing is made, for this user alone. Throws
 * `CallError`: NotFound for what is missing, Forbidden for a link, Conflict for a file on the way.
 */
export async function openFolder(root: string, names: readonly string[], {create = false}: {readonly create?: boolean} = {}): Promise<Folder> {
	let folder = folderOf(await open(root, O_RDONLY | O_DIRECTORY).catch((error: unknown) => {
		throw new CallError('NotFound', `the directory ${root} that this node allows is not there`, {fix: 'Make it on the node, or name another in files.allow.', cause: error});
	}));
	for (const [index, name] of names.entries()) {
		await using parent = folder;
		folder = await below(parent, name, {create, shown: [root, ...names.slice(0, index + 1)].join('/')});
	}
	return folder;
}

async function below(parent: Folder, name: string, {create, shown}: {readonly create: boolean; readonly shown: string}): Promise<Folder> {
	const path = parent.at(name);
	if (create) await mkdir(path, {mode: 0o700}).catch(ignoreCode('EEXIST'));
	try {
		return folderOf(await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK));
	} catch (error) {
		throw await explained(parent, name, {shown, error});
	}
}

async function explained(parent: Folder, name: string, {shown, error}: {readonly shown: string; readonly error: unknown}): Promise<unknown> {
	const code = systemErrorCode(error);
	if (code === 'ENOENT') return new CallError('NotFound', `there is no file or directory ${shown}`, {cause: error});
	if (code !== 'ENOTDIR' && code !== 'ELOOP') return error;
	const found = await parent.look(name);
	if (found?.isSymbolicLink() === true) return new CallError('Forbidden', `${shown} is a link, and no link is followed`, {cause: error});
	return new CallError('Conflict', `${shown} is no directory`, {cause: error});
}

function folderOf(handle: FileHandle): Folder {
	const at = (name: string): string => `/proc/self/fd/${handle.fd}/${name}`;
	return {
		handle, at,
		look: async name => lstat(at(name)).catch(ignoreCode('ENOENT')),
		[Symbol.asyncDispose]: async () => handle.close(),
	};
}

/** For `catch`: passes everything on but an error with this code, which becomes undefined. */
function ignoreCode(code: string): (error: unknown) => undefined {
	return error => {
		if (systemErrorCode(error) === code) return undefined;
		throw error;
	};
}

/** Opens a file to read it. Throws `CallError` for what is missing, and for links, devices, pipes and sockets, which are not even opened. */
export async function openToRead(folder: Folder, name: string, shown: string): Promise<FileHandle> {
	const found = await folder.look(name);
	if (found === undefined) throw new CallError('NotFound', `there is no file or directory ${shown}`);
	if (!found.isFile()) throw notAFile(found, shown);
	const file = await open(folder.at(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	const opened = await file.stat();
	if (opened.isFile() && opened.ino === found.ino) return file;
	await file.close();
	throw new CallError('Conflict', `${shown} was put in another's place this very moment`, {fix: 'Try again.'});
}

/** Why what lies there can be neither read nor replaced. */
export function notAFile(found: Stats, shown: string): CallError {
	if (found.isSymbolicLink()) return new CallError('Forbidden', `${shown} is a link, and no link is followed`);
	if (found.isDirectory()) return new CallError('Conflict', `${shown} is a directory`);
	return new CallError('Forbidden', `${shown} is a device, a pipe or a socket`);
}
