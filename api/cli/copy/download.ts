import {createHash} from 'node:crypto';
import {constants, open, readdir, rename, rm, statfs, type FileHandle} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {RunningDigest} from '../../files/running-digest.js';
import {textAt} from '../../client/value.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {BrokeOff, type Perseverance} from './perseverance.js';
import type {Progress} from './progress.js';
import type {OpenTransfer, RemoteFiles} from './remote-files.js';

/** A file of a node on its way to this machine. */
export interface Download {
	readonly files: RemoteFiles;
	readonly path: string;
	readonly target: string;
	readonly mode: number;
	readonly perseverance: Perseverance;
	readonly progress: Progress;
}

const {O_CREAT, O_NOFOLLOW, O_RDWR} = constants;
/** A file system takes 255 bytes, of which 45 are what stands around it. */
const longestNameBytes = 210;

/** Copies one file from a node. What breaks off goes on where it was, also by another run of this program; the file has its name only once it is whole. */
export async function download({files, path, target, mode, perseverance, progress}: Download): Promise<void> {
	const prefix = prefixOf(basename(target));
	await perseverance.run(async () => {
		const opened = await files.open({write: false, path}, ahead => progress.waiting(ahead));
		perseverance.gotOn();
		// A node that is not what it should be must not write elsewhere than it was asked to.
		if (!/^[0-9a-f]{32}$/u.test(opened.identity)) throw new CliError(`${files.node} gives the file an identity that is none`);
		const unfinished = join(dirname(target), `${prefix}${opened.identity}.motey-part`);
		const file = await open(unfinished, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600).catch((error: unknown) => {
			throw unwritable(target, error);
		});
		try {
			await requireRoom(opened.size - (await file.stat()).size, target);
			const sha256 = await fetched(file, opened, {files, perseverance, progress});
			const said = await files.commit(opened.transfer);
			if (sha256 !== said) {
				// What an earlier run has left may have been lost in part by a power cut.
				await file.truncate(0);
				throw new BrokeOff(`what came is not what ${files.node} has; it is fetched anew`);
			}
			await file.chmod(mode);
			await file.sync();
			await rename(unfinished, target);
		} catch (error) {
			if (!['ENOSPC', 'EDQUOT'].includes(textAt(error, 'code'))) throw error;
			await rm(unfinished, {force: true});
			throw new CliError(`no room for ${target}: ${textAt(error, 'message')}; nothing of it was kept`, {fix: 'Make room, and copy it again.', cause: error});
		} finally {
			await file.close();
		}
	});
	await clear(dirname(target), prefix);
	progress.done();
}

/** Of the name of what is unfinished; one that is long already finds no room in it. */
function prefixOf(name: string): string {
	return `.${Buffer.byteLength(name) <= longestNameBytes ? name : createHash('sha256').update(name).digest('hex').slice(0, 32)}.`;
}

/** What cannot be there as a whole is not begun: throws as the disk itself would later. */
async function requireRoom(bytes: number, target: string): Promise<void> {
	const {bavail, bsize} = await statfs(dirname(target));
	if (bavail * bsize < bytes) throw Object.assign(new Error(`it needs ${bytes} bytes more, and ${bavail * bsize} are free`), {code: 'ENOSPC'});
}

function unwritable(target: string, error: unknown): CliError {
	const code = textAt(error, 'code');
	if (code === 'ENOENT') return new CliError(`there is no directory ${dirname(target)}`, {exitCode: exitCodes.notFound, cause: error});
	return new CliError(`cannot write ${target}: ${code}`, {cause: error});
}

/** Fetches what is missing, and gives the digest of the whole as it lies on disk. */
async function fetched(file: FileHandle, {transfer, size}: OpenTransfer, {files, perseverance, progress}: Pick<Download, 'files' | 'perseverance' | 'progress'>): Promise<string> {
	const digest = new RunningDigest();
	let held = (await file.stat()).size;
	progress.at(held, size);
	if (held < size) {
		for await (const chunk of await files.fetch(transfer, held)) {
			const bytes = bytesOf(chunk);
			if (held + bytes.length > size) throw new CliError(`${files.node} sends more than it said`);
			digest.add(held, bytes);
			for (let written = 0; written < bytes.length;) written += (await file.write(bytes, written, bytes.length - written, held + written)).bytesWritten;
			held += bytes.length;
			perseverance.gotOn();
			progress.at(held, size);
		}
	}
	if (held < size) throw new BrokeOff(`${files.node} broke off`);
	return digest.finish(size, async (offset, into) => {
		const {bytesRead} = await file.read(into, 0, into.length, offset);
		return into.subarray(0, bytesRead);
	});
}

function bytesOf(chunk: unknown): Uint8Array {
	if (chunk instanceof Uint8Array) return chunk;
	throw new CliError('what was fetched is no bytes');
}

/** Parts of what the file was before are of no use any more. */
async function clear(directory: string, prefix: string): Promise<void> {
	const left = (await readdir(directory)).filter(name => name.startsWith(prefix) && /^[0-9a-f]{32}\.motey-part$/u.test(name.slice(prefix.length)));
	for (const name of left) await rm(join(directory, name), {force: true});
}
