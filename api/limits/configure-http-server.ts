import type {Server as HttpServer} from 'node:http';
import {Server as TlsServer, type TLSSocket} from 'node:tls';
import type {Socket} from 'node:net';
import {peerText, type ConnectionGate} from './connection-gate.js';
import type {HttpLimits} from './limits.js';

/**
 * Puts the limits on a server, plain or TLS, before it listens: who sends slowly, or too many connections, is cut off.
 * `limits.headerBytes` is an option of the server's constructor (`maxHeaderSize`), which the caller gives.
 */
export function configureHttpServer(server: HttpServer, {limits, gate}: {readonly limits: HttpLimits; readonly gate: ConnectionGate}): void {
	server.headersTimeout = limits.headersTimeoutMs;
	server.requestTimeout = limits.requestTimeoutMs;
	server.keepAliveTimeout = limits.requestTimeoutMs;
	// Node would drop the surplus in silence; `headerLimit` refuses the request. Their bytes are bounded all the same.
	server.maxHeadersCount = 0;
	// Node reads it when it begins to listen; its types know it as an option only. Without it, deadlines are looked at every 30 s.
	Object.assign(server, {connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs)});
	server.on('connection', (socket: Socket) => gate.admit(socket));
	if (server instanceof TlsServer) limitHandshake(server, limits.headersTimeoutMs);
}

/** Node allows a TLS handshake 120 s. */
function limitHandshake(server: TlsServer, deadlineMs: number): void {
	const timers = new Map<string, NodeJS.Timeout>();
	const settle = (name: string): void => {
		clearTimeout(timers.get(name));
		timers.delete(name);
	};
	server.on('connection', (socket: Socket) => {
		const name = peerText(socket);
		if (name === undefined) return;
		timers.set(name, setTimeout(() => socket.destroy(), deadlineMs).unref());
		socket.once('close', () => settle(name));
	});
	server.on('secureConnection', (socket: TLSSocket) => {
		settle(peerText(socket) ?? '');
	});
}
