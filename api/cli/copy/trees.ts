import {lstat, mkdir, readdir, stat} from 'node:fs/promises';
import {basename, join, resolve} from 'node:path';
import {isRefused} from '../../client/errors.js';
import {textAt} from '../../client/value.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {oneLine} from '../table.js';
import {below, lastName} from './place.js';
import type {Found, RemoteFiles} from './remote-files.js';

/** One file to copy. */
export interface CopyStep {
	readonly here: string;
	readonly there: string;
}

/** What there is to copy; `skipped` says of links, devices and the like that they are left out. */
export interface CopyPlan {
	readonly steps: readonly CopyStep[];
	readonly skipped: readonly string[];
	/** Directories of the node to make, since no file below does. */
	readonly empty: readonly string[];
}

/**
 * Everything below a path of this machine, and where on the node it goes: into `path` if that is a directory or ends with a slash, else under that very
 * name. What is in a directory that is written with a slash at its end goes to `path` itself, whatever is there, so that it can be said again.
 */
export async function planUpload(files: RemoteFiles, source: string, path: string): Promise<CopyPlan> {
	const found = await stat(source).catch(unreadable(source));
	const isContent = found.isDirectory() && source.endsWith('/');
	const intoDirectory = !isContent && (path === '.' || path.endsWith('/') || await isDirectoryThere(files, path));
	const there = intoDirectory ? below(path, basename(resolve(source))) : path;
	if (found.isFile()) return {steps: [{here: source, there}], skipped: [], empty: []};
	if (!found.isDirectory()) throw new CliError(`${source} is neither a file nor a directory`);
	return localTree(source, there);
}

async function isDirectoryThere(files: RemoteFiles, path: string): Promise<boolean> {
	try {
		return (await files.stat(path)).kind === 'directory';
	} catch (error) {
		if (isRefused(error, 'NotFound')) return false;
		throw error;
	}
}

async function localTree(directory: string, there: string): Promise<CopyPlan> {
	const steps: CopyStep[] = [];
	const skipped: string[] = [];
	const empty: string[] = [];
	for (const entry of (await readdir(directory, {withFileTypes: true}).catch(unreadable(directory))).sort((one, other) => one.name.localeCompare(other.name))) {
		const here = join(directory, entry.name);
		if (isNoText(entry.name)) skipped.push(noText(here));
		else if (entry.isFile()) steps.push({here, there: below(there, entry.name)});
		else if (entry.isDirectory()) {
			const inner = await localTree(here, below(there, entry.name));
			steps.push(...inner.steps);
			skipped.push(...inner.skipped);
			empty.push(...inner.empty);
		} else skipped.push(noFile(here));
	}
	return {steps, skipped, empty: steps.length === 0 && empty.length === 0 ? [there] : empty};
}

/** Everything below a path of a node, and where on this machine it goes, by the same rule. Makes the directories. */
export async function planDownload(files: RemoteFiles, path: string, target: string): Promise<CopyPlan> {
	const found = await files.stat(path);
	const there = await lstat(target).catch(() => undefined);
	const isContent = found.kind === 'directory' && path.endsWith('/');
	const intoDirectory = !isContent && (target.endsWith('/') || (there !== undefined && (await stat(target)).isDirectory()));
	const here = intoDirectory ? join(target, lastName(path)) : target;
	if (found.kind === 'file') {
		if (target.endsWith('/')) await mkdir(target, {recursive: true});
		return {steps: [{here, there: path}], skipped: [], empty: []};
	}
	return remoteTree(files, {found, path, here});
}

async function remoteTree(files: RemoteFiles, {found, path, here}: {readonly found: Extract<Found, {kind: 'directory'}>; readonly path: string; readonly here: string}): Promise<CopyPlan> {
	await mkdir(here, {recursive: true});
	const steps: CopyStep[] = [];
	const skipped: string[] = [];
	for (const {name, kind} of found.entries) {
		// A node that is not what it should be must not write elsewhere than it was asked to.
		if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) throw new CliError(`${files.node} names a file ${JSON.stringify(name)}, which is no name`);
		const [inThere, inHere] = [below(path, name), join(here, name)];
		const inner = kind === 'directory' ? await files.stat(inThere) : undefined;
		if (kind === 'file') steps.push({here: inHere, there: inThere});
		else if (inner?.kind === 'directory') {
			const plan = await remoteTree(files, {found: inner, path: inThere, here: inHere});
			steps.push(...plan.steps);
			skipped.push(...plan.skipped);
		} else skipped.push((isNoText(name) ? noText : noFile)(`${files.node}:${inThere}`));
	}
	return {steps, skipped, empty: []};
}

/** For `catch`: says what cannot be read of this machine, and why. */
export function unreadable(path: string): (error: unknown) => never {
	return error => {
		if (textAt(error, 'code') === 'ENOENT') throw new CliError(`there is no file or directory ${path}`, {exitCode: exitCodes.notFound, cause: error});
		throw new CliError(`cannot read ${path}: ${textAt(error, 'code')}`, {cause: error});
	};
}

/** What is no text in UTF-8 is read as this, and would be another name when it is written. */
const isNoText = (name: string): boolean => name.includes('\uFFFD');
const noText = (path: string): string => `${oneLine(path)} was left out: its name is no text in UTF-8`;
const noFile = (path: string): string => `${oneLine(path)} is neither a file nor a directory, and was left out`;
