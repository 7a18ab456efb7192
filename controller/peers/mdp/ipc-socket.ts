import {chmod, mkdir, unlink} from 'node:fs/promises';
import {connect} from 'node:net';
import {once} from 'node:events';
import {dirname} from 'node:path';
import {Router, type Context} from 'zeromq';
import {mdpLimits} from './limits.js';

/** The longest path a unix socket address holds on Linux (`sockaddr_un.sun_path`, 108 bytes with its end). */
const longestPathBytes = 107;

/** Why the socket for programs of this host cannot be had, and what to do. */
export class IpcSocketError extends Error {
	override readonly name = 'IpcSocketError';
}

/**
 * A ROUTER at `path` (0660) for the programs of this host: whoever may write to the file may ask. `send` rejects at once with EHOSTUNREACH when
 * the connection is gone, and EAGAIN when its reader does not read. A socket file that nobody answers on is replaced.
 */
export async function openIpcRouter({path, context}: {readonly path: string; readonly context: Context}): Promise<Router> {
	await freeSocketPath(path);
	const router = new Router({
		context, linger: 0, maxMessageSize: mdpLimits.socketFrameBytes, mandatory: true, sendTimeout: 0,
		sendHighWaterMark: mdpLimits.frames, receiveHighWaterMark: mdpLimits.frames, handshakeInterval: 3000,
		// No heartbeats of the library's own: libzmq 4.3 aborts the process when one is due for a program that died while its messages piled up
		// (zeromq/libzmq#4364). A socket of this host is never cut in silence, and workers have the protocol's heartbeats.
	});
	try {
		await router.bind(`ipc://${path}`);
		await chmod(path, 0o660);
		return router;
	} catch (error) {
		router.close();
		throw error;
	}
}

/** Makes room for a socket at `path`: its folder is there, and a file that nobody answers on is not. Throws an `IpcSocketError` when it cannot be. */
export async function freeSocketPath(path: string): Promise<void> {
	if (Buffer.byteLength(path) > longestPathBytes) throw new IpcSocketError(`${path} is longer than ${longestPathBytes} bytes, which no unix socket can be; choose a shorter runDir`);
	await mkdir(dirname(path), {recursive: true, mode: 0o750});
	if (await answers(path)) throw new IpcSocketError(`another process answers on ${path}; is a node running already? try motey status`);
	// The library would take a file away by itself, and whoever came between would go unheard.
	await unlink(path).catch(() => undefined);
}

async function answers(path: string): Promise<boolean> {
	const socket = connect(path);
	try {
		await once(socket, 'connect', {signal: AbortSignal.timeout(1000)});
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}
