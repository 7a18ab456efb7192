import {stat} from 'node:fs/promises';
import {connect, createServer, type Server} from 'node:net';
import {z} from 'zod';
import {StoreError} from '../errors.js';

/**
 * Takes the store's directory for this process. The lock is an abstract unix socket named for the directory's device and inode: no file
 * stands for it, so nobody can delete it, and the kernel lets go of it when the process ends, however it ends. It tells whoever connects
 * which process that is. Throws `Locked`, naming that process. (LevelDB's own lock also holds between network namespaces, but is a file.)
 */
export async function lockDirectory(directory: string): Promise<AsyncDisposable> {
	const {dev, ino} = await stat(directory, {bigint: true});
	const name = `\0motey-store-${dev}-${ino}`;
	const server = createServer(socket => {
		socket.on('error', () => undefined);
		// Whoever asked need not end its side: closing would wait for it.
		socket.end(String(process.pid), () => socket.destroy());
	});
	try {
		await listen(server, name);
	} catch (error) {
		if (!z.object({code: z.literal('EADDRINUSE')}).safeParse(error).success) throw error;
		const holder = await askHolder(name);
		throw new StoreError('Locked', `${holder} has the store open: ${directory}.`, {fix: 'Stop it first; two processes cannot share a store.', cause: error});
	}
	server.unref();
	return {
		[Symbol.asyncDispose]: () => new Promise(resolve => {
			server.close(() => resolve());
		}),
	};
}

function listen(server: Server, path: string): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen({path}, () => resolve());
	});
}

const askingMs = 1_000;

function askHolder(path: string): Promise<string> {
	return new Promise(resolve => {
		let answer = '';
		const socket = connect({path}).setTimeout(askingMs);
		socket.on('data', (data: Buffer) => {
			answer += data.toString();
		});
		socket.on('timeout', () => socket.destroy());
		socket.on('error', () => socket.destroy());
		socket.on('close', () => resolve(/^\d+$/.test(answer) ? `Process ${answer}` : 'Another process'));
	});
}
