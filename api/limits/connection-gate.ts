import type {Socket} from 'node:net';
import type {HttpLimits} from './limits.js';

/** A connection as its peer's address and port name it; neither is there for a unix socket. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/** Counts connections over all listeners of a process. */
export interface ConnectionGate {
	/** Lets a new connection in or destroys it. Those without an address (unix socket) only count towards the sum. */
	admit(socket: Socket): void;
	/** A request on this connection carried a valid token: it no longer counts as unauthenticated. */
	authenticated(peer: Peer): void;
	/** Open connections now. */
	open(): number;
}

/**
 * A name for a connection. The two sockets of a TLS connection (the plain one below, the secure one above) share nothing else;
 * undefined for a unix socket and for one that is gone.
 */
export function peerText({remoteAddress, remotePort}: Peer): string | undefined {
	return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort ?? 0}`;
}

/** Makes the gate. One serves all listeners of a process. */
export function createConnectionGate(limits: HttpLimits): ConnectionGate {
	const sockets = new Set<Socket>();
	const strangers = new Map<string, Set<string>>();
	const forget = (peer: Peer): void => {
		const address = peer.remoteAddress ?? '';
		const ofAddress = strangers.get(address);
		ofAddress?.delete(peerText(peer) ?? '');
		if (ofAddress?.size === 0) strangers.delete(address);
	};

	const admitStranger = (socket: Socket, address: string): void => {
		// Read once: a socket forgets its peer when it closes.
		const peer: Peer = {remoteAddress: address, remotePort: socket.remotePort};
		const name = peerText(peer) ?? '';
		const ofAddress = strangers.get(address) ?? new Set<string>();
		if (ofAddress.size >= limits.unauthenticatedBurstPerAddress) {
			socket.destroy();
			return;
		}
		strangers.set(address, ofAddress.add(name));
		const settle = setTimeout(() => {
			if (!ofAddress.has(name) || ofAddress.size <= limits.unauthenticatedPerAddress) return;
			// Now and not at its close, so that of many whose time is up no more go than must.
			forget(peer);
			socket.destroy();
		}, limits.unauthenticatedGraceMs).unref();
		socket.once('close', () => {
			clearTimeout(settle);
			forget(peer);
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
		authenticated: forget,
		open: () => sockets.size,
	};
}
