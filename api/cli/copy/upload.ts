import {createHash} from 'node:crypto';
import {constants, open, realpath, type FileHandle} from 'node:fs/promises';
import {hostname} from 'node:os';
import {RunningDigest} from '../../files/running-digest.js';
import {CliError} from '../exit-codes.js';
import type {Perseverance} from './perseverance.js';
import type {Progress} from './progress.js';
import type {RemoteFiles} from './remote-files.js';
import {unreadable} from './trees.js';

/** A file of this machine on its way to a node. */
export interface Upload {
	readonly files: RemoteFiles;
	readonly source: string;
	readonly path: string;
	readonly mode: number;
	readonly perseverance: Perseverance;
	readonly progress: Progress;
}

const readBytes = 1_048_576;
/** Handed on at once: at the slowest rate there is, that is long before the node gives the request up. */
const partBytes = 262_144;
/** A node waits 15 s for the end of a request, so that one file may take several. */
const requestMs = 8000;

/** Copies one file to a node. What breaks off goes on where the node says; the node has the whole when this resolves. */
export async function upload({files, source, path, mode, perseverance, progress}: Upload): Promise<void> {
	const file = await open(source, constants.O_RDONLY).catch(unreadable(source));
	try {
		const stats = await file.stat({bigint: true});
		const size = Number(stats.size);
		// The same for the same content of the same file only, so that nobody else's sending is gone on with.
		const resume = createHash('sha256').update([hostname(), process.getuid?.() ?? '', await realpath(source), stats.dev, stats.ino, size, stats.mtimeNs, stats.ctimeNs].join('\0')).digest('hex');
		const digest = new RunningDigest();
		let sha256: string | undefined;
		await perseverance.run(async () => {
			const {transfer, offset} = await files.open({write: true, path, size, resume, mode, parents: true}, ahead => progress.waiting(ahead));
			perseverance.gotOn();
			progress.at(offset, size);
			const requireUnchanged = async (): Promise<void> => {
				const now = await file.stat({bigint: true});
				if (now.mtimeNs === stats.mtimeNs && now.size === stats.size) return;
				await files.abort(transfer);
				throw new CliError(`${source} was changed while it was copied`, {fix: 'Copy it again.'});
			};
			for (let held = offset; held < size;) {
				// What became shorter would never be sent whole.
				await requireUnchanged();
				held = await files.send(transfer, held, bytesOf(file, {from: held, digest, onRead: read => progress.at(read, size)}));
				perseverance.gotOn();
				progress.at(held, size);
			}
			sha256 ??= await digest.finish(size, async (at, into) => readAt(file, at, into));
			await requireUnchanged();
			await files.commit(transfer, sha256);
			perseverance.gotOn();
		});
		progress.done();
	} finally {
		await file.close();
	}
}

async function * bytesOf(file: FileHandle, {from, digest, onRead}: {readonly from: number; readonly digest: RunningDigest; readonly onRead: (to: number) => void}): AsyncGenerator<Uint8Array, void> {
	const untilMs = performance.now() + requestMs;
	for (let at = from; ;) {
		const bytes = await readAt(file, at, Buffer.allocUnsafe(readBytes));
		if (bytes.length === 0) return;
		for (let begin = 0; begin < bytes.length; begin += partBytes) {
			if (performance.now() >= untilMs) return;
			const part = bytes.subarray(begin, begin + partBytes);
			digest.add(at, part);
			yield part;
			at += part.length;
			onRead(at);
		}
	}
}

async function readAt(file: FileHandle, offset: number, into: Buffer): Promise<Uint8Array> {
	const {bytesRead} = await file.read(into, 0, into.length, offset);
	return into.subarray(0, bytesRead);
}
