import {once} from 'node:events';
import {connect, createServer, type Socket} from 'node:net';

/** A TCP proxy on loopback whose traffic can be cut silently: nothing is closed, nothing passes. */
export interface Cut extends AsyncDisposable {
	readonly port: number;
	/** Bytes that came from whoever connected, lost ones too. */
	readonly receivedBytes: number;
	/** Connections that came so far. */
	readonly accepted: () => number;
	cut(): void;
	/** What was on its way is lost with its connections, as after a longer outage; new connections pass again. */
	heal(): void;
}

/** Opens a proxy to a port, on loopback unless said. */
export async function openCut(target: number, host = '127.0.0.1'): Promise<Cut> {
	const sockets = new Set<Socket>();
	let isCut = false;
	let receivedBytes = 0;
	let accepted = 0;
	const server = createServer({pauseOnConnect: true}, near => {
		accepted += 1;
		const far = connect(target, host);
		for (const [one, other] of [[near, far], [far, near]] as const) {
			sockets.add(one);
			one.on('data', bytes => {
				if (one === near) receivedBytes += bytes.length;
				if (!isCut) other.write(bytes);
			});
			one.on('error', () => undefined);
			one.on('close', () => {
				sockets.delete(one);
				if (!isCut) other.destroy();
			});
		}
		near.resume();
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('A TCP server has no port');
	return {
		port: address.port,
		get receivedBytes() {
			return receivedBytes;
		},
		accepted: () => accepted,
		cut() {
			isCut = true;
		},
		heal() {
			isCut = false;
			for (const socket of sockets) socket.destroy();
		},
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}
