import type {Server as HttpServer, ServerOptions} from 'node:http';
import type {Server as HttpsServer} from 'node:https';
import type {Socket} from 'node:net';
import type {HttpLimits} from './limits.js';

/** The part of a request by which its connection is found again. */
export interface ConnectionOf {
	readonly socket: Pick<Socket, 'remoteAddress' | 'remotePort'>;
}

/** Counts connections over all listeners of a process. */
export interface ConnectionGate {
	/** Lets a new connection in or destroys it. Those without an address (unix socket) only count towards the sum. */
	admit(socket: Socket): void;
	/** A request on this connection carried a valid token: it no longer counts as unauthenticated. */
	authenticated(request: ConnectionOf): void;
	/** Open connections now. */
	open(): number;
}

/** Options that `http.createServer` and `https.createServer` take only at birth. Slow senders are cut off by them. */
export function httpServerOptions(limits: HttpLimits): ServerOptions & {readonly handshakeTimeout: number} {
	return {
		maxHeaderSize: limits.headerBytes,
		headersTimeout: limits.headersTimeoutMs,
		requestTimeout: limits.requestTimeoutMs,
		connectionsCheckingInterval: Math.min(1000, limits.headersTimeoutMs),
		keepAliveTimeout: 15_000,
		noDelay: true,
		handshakeTimeout: limits.headersTimeoutMs,
	};
}

/** Puts the limits on a server made with `httpServerOptions`. One gate serves all servers of a process. */
export function configureHttpServer(server: HttpServer | HttpsServer, {limits, gate}: {readonly limits: HttpLimits; readonly gate: ConnectionGate}): void {
	// One more than allowed is let through, so that a middleware can refuse the request instead of missing a header.
	server.maxHeadersCount = limits.headers + 1;
	server.on('connection', (socket: Socket) => gate.admit(socket));
}

/** Makes the gate. A TLS connection is recognised by its peer's address and port, since its two sockets share nothing else. */
export function createConnectionGate(limits: HttpLimits): ConnectionGate {
	const sockets = new Set<Socket>();
	const strangers = new Map<string, Map<string, Socket>>();
	const forget = (address: string, connection: string): void => {
		const ofAddress = strangers.get(address);
		ofAddress?.delete(connection);
		if (ofAddress?.size === 0) strangers.delete(address);
	};

	const admitStranger = (socket: Socket, address: string): void => {
		const connection = connectionKey(socket);
		const ofAddress = strangers.get(address) ?? new Map<string, Socket>();
		if (ofAddress.size >= limits.unauthenticatedBurstPerAddress) {
			socket.destroy();
			return;
		}
		strangers.set(address, ofAddress.set(connection, socket));
		const settle = setTimeout(() => {
			if (ofAddress.has(connection) && ofAddress.size > limits.unauthenticatedPerAddress) socket.destroy();
		}, limits.unauthenticatedGraceMs).unref();
		socket.once('close', () => {
			clearTimeout(settle);
			forget(address, connection);
		});
	};

	return {
		admit(socket) {
			if (sockets.size >= limits.connections) {
				socket.destroy();
				return;
			}
			sockets.add(socket);
			socket.once('close', () => sockets.delete(socket));
			if (socket.remoteAddress !== undefined) admitStranger(socket, socket.remoteAddress);
		},
		authenticated({socket}) {
			if (socket.remoteAddress !== undefined) forget(socket.remoteAddress, connectionKey(socket));
		},
		open: () => sockets.size,
	};
}

function connectionKey({remoteAddress, remotePort}: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
	return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}
