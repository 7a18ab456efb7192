import {once} from 'node:events';
import {createServer, type RequestListener, type Server} from 'node:http';

/** A handler that answers on a port of its own until it is disposed of. */
export interface Served extends AsyncDisposable {
	readonly url: string;
	readonly port: number;
	readonly server: Server;
}

/** Serves on a free port of 127.0.0.1. `configure` sees the server before it listens. */
export async function listen(handler: RequestListener, {configure, maxHeaderSize = 16_384}: {configure?: (server: Server) => void; maxHeaderSize?: number} = {}): Promise<Served> {
	const server = createServer({maxHeaderSize}, handler);
	configure?.(server);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const address = server.address();
	const port = typeof address === 'object' && address ? address.port : 0;
	return {
		url: `http://127.0.0.1:${port}`, port, server,
		[Symbol.asyncDispose]: async () => {
			const closed = once(server, 'close');
			server.close();
			server.closeAllConnections();
			await closed;
		},
	};
}
