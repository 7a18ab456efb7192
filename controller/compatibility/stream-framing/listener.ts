import {once} from 'node:events';
import {createServer, type AddressInfo, type Server, type Socket} from 'node:net';
import type {Clock} from '../../../reconcilers/ports/clock.js';
import {serveConnection, type Patience} from './connection.js';
import type {ConversationParts} from './conversation.js';
import {framingLimits} from './limits.js';
import {RecentRequests} from './recent-requests.js';

/** Where old clients are heard. */
export interface StreamListenerOptions extends Omit<ConversationParts, 'recent' | 'closing'>, Patience {
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly hosts: readonly string[];
	/** 0 means any free one, the same at every host. */
	readonly port: number;
}

/** Old clients are served until this is disposed of. */
export interface StreamListener extends AsyncDisposable {
	/** The port; 0 when it could be had nowhere. */
	readonly port: number;
	/** Hosts where it listens. */
	readonly hosts: readonly string[];
}

/** Listens for clients of clever-show's messaging. They prove nobody: whoever reaches it may ask. A host where the port is taken is told of and left. */
export async function openStreamListener({hosts, port: wanted, patienceMs, clock, ...given}: StreamListenerOptions): Promise<StreamListener> {
	const ending = new AbortController();
	const parts: ConversationParts = {...given, recent: new RecentRequests(() => clock.monotonicMs()), closing: ending.signal};
	const {log} = parts;
	const servers: Server[] = [];
	const open = new Map<Socket, Promise<void>>();
	const listening: string[] = [];
	let port = wanted;
	const isOneTooMany = ({remoteAddress}: Socket): boolean =>
		open.size >= framingLimits.connections || [...open.keys()].filter(other => other.remoteAddress === remoteAddress).length >= framingLimits.connectionsPerAddress;
	const accept = (socket: Socket): void => {
		if (isOneTooMany(socket)) {
			log.info('a connection of an old client was refused: there are too many', {client: socket.remoteAddress ?? '', open: open.size});
			socket.destroy();
			return;
		}
		open.set(socket, serveConnection(socket, parts, patienceMs === undefined ? {} : {patienceMs}));
		socket.once('close', () => open.delete(socket));
	};
	for (const host of hosts) {
		// A client that vanished is noticed by the kernel.
		const server = createServer({allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: 1000, noDelay: true}, accept);
		try {
			server.listen({host, port});
			await once(server, 'listening');
		} catch (error) {
			log.warn('old clients are not heard here', {host, port, error});
			continue;
		}
		server.on('error', (error: unknown) => log.warn('a connection of an old client could not be taken', {error}));
		servers.push(server);
		listening.push(host);
		port = portOf(server.address());
	}
	return {
		port: listening.length === 0 ? 0 : port,
		hosts: listening,
		async [Symbol.asyncDispose]() {
			ending.abort();
			const closed = servers.map(async server => once(server, 'close'));
			for (const server of servers) server.close();
			const serving = [...open.values()];
			for (const socket of open.keys()) socket.destroy();
			await Promise.all([...closed, ...serving]);
		},
	};
}

const portOf = (address: AddressInfo | string | null): number => (address === null || typeof address === 'string' ? 0 : address.port);
