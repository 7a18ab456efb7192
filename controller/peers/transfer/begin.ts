import {stat} from 'node:fs/promises';
import type {Log} from '../../../reconcilers/ports/log.js';
import {CallError} from '../mdp/call-error.js';
import {placeOf, type FilePlace} from './file-path.js';
import {notAFile, openFolder, openToRead} from './folder.js';
import {Incoming} from './incoming.js';
import {storeReserveBytes} from './limits.js';
import {Outgoing} from './outgoing.js';
import type {SpentMemory} from './spent-memory.js';
import type {Staged, Staging} from './staging.js';
import type {OpenRequest} from './wire.js';

/** What an open transfer works on. `finished`: the file was received before, and its sender has not heard so. */
export type Work =
	| {readonly kind: 'in'; readonly incoming: Incoming; readonly sha256: string | undefined}
	| {readonly kind: 'out'; readonly outgoing: Outgoing}
	| {readonly kind: 'finished'; readonly size: number; readonly sha256: string};

/** Where a path leads. Throws Forbidden with the reason when it leads nowhere that the node allows. */
export function allowedPlace(path: string, allow: readonly string[]): FilePlace {
	const place = placeOf(path, allow);
	if ('root' in place) return place;
	throw new CallError('Forbidden', `${JSON.stringify(path)}: ${place.refusal}`, {fix: 'files.allow in the node\'s own configuration says where files may be; a path that does not begin with / is below the first of those directories.'});
}

/** Opens a file to be given away. Throws `CallError`. */
export async function beginReading({path}: {readonly path: string}, allow: readonly string[]): Promise<Work> {
	const {root, names} = allowedPlace(path, allow);
	const name = nameOf(names, path);
	await using folder = await openFolder(root, names.slice(0, -1));
	return {kind: 'out', outgoing: await Outgoing.open(await openToRead(folder, name, path), path)};
}

/** What it takes to receive a file. */
export interface WritingContext {
	readonly allow: readonly string[];
	/** What lies on the same disk as this leaves the store its room. */
	readonly dataDir: string;
	readonly staging: Staging;
	readonly spent: SpentMemory;
	readonly log: Log;
	/** Takes an unfinished file from whoever has it open. */
	readonly supersede: (staged: Staged) => Promise<void>;
}

/** Opens a file to be received, or goes on with the one that was begun under the same key. Throws `CallError`; then nothing is left. */
export async function beginWriting(request: Extract<OpenRequest, {write: true}>, context: WritingContext): Promise<Work> {
	const {path, size, resume: key = '', sha256, mode, parents} = request;
	const {staging, spent, log} = context;
	const {root, names} = allowedPlace(path, context.allow);
	const name = nameOf(names, path);
	const about = {key, root, names, size, mode};
	const folder = await openFolder(root, names.slice(0, -1), {create: parents});
	try {
		const there = await folder.look(name);
		if (there !== undefined && !there.isFile()) throw notAFile(there, path);
		const known = await staging.find(about);
		if (known) await context.supersede(known);
		if (known?.finished !== undefined && there?.ino === known.finished.inode && there.mtimeMs === known.finished.modifiedMs && there.size === size) {
			await folder[Symbol.asyncDispose]();
			return {kind: 'finished', size, sha256: known.finished.sha256};
		}
		const reopened = known && await staging.reopen(folder, known);
		const {staged, file} = known && reopened ? {staged: known, file: reopened} : await staging.begin(folder, about);
		try {
			const reserveBytes = await isOnOneDisk(folder.at('.'), context.dataDir) ? storeReserveBytes : 0;
			const onDone = (found: string): void => log.info('a file was received', {path, bytes: size, sha256: found});
			return {kind: 'in', sha256, incoming: await Incoming.open({staging, staged, folder, file, reserveBytes, spent, onDone})};
		} catch (error) {
			await file.close();
			await staging.discard(folder, staged);
			throw error;
		}
	} catch (error) {
		await folder[Symbol.asyncDispose]();
		throw error;
	}
}

function nameOf(names: readonly string[], path: string): string {
	const name = names.at(-1);
	if (name === undefined) throw new CallError('Conflict', `${path} is a directory`);
	return name;
}

async function isOnOneDisk(one: string, other: string): Promise<boolean> {
	const [first, second] = await Promise.all([stat(one), stat(other)]);
	return first.dev === second.dev;
}
