import {setTimeout as delay} from 'node:timers/promises';
import type {Context, Publisher, Router} from 'zeromq';
import type {CurveKeys} from './curve.js';
import {createPublisher, createRouter} from './socket.js';

/** How long an address that this process has just left may still be taken. */
const bindWithinMs = 4000;

/** Where a node listens for its peers. Port 0 lets the system choose. */
export interface ListenAddress {
	/** Numeric; `0.0.0.0` and `::` mean everywhere. */
	readonly host: string;
	readonly port: number;
	readonly publishPort: number;
}

/** Both server sockets, listening. */
export interface Listening {
	readonly router: Router;
	readonly publisher: Publisher;
	/** With the ports that were chosen. */
	readonly address: ListenAddress;
	close(): void;
}

/** Listens at both ports or at neither. Throws when one is still taken after 4 s. The ZAP handler of `context` must stand already. */
export async function listen({context, keys, host, port, publishPort}: {context: Context; keys: CurveKeys} & ListenAddress): Promise<Listening> {
	const router = createRouter({context, keys, host});
	const publisher = createPublisher({context, keys, host});
	const close = (): void => {
		router.close();
		publisher.close();
	};
	try {
		await bind(router, host, port);
		await bind(publisher, host, publishPort);
	} catch (error) {
		close();
		throw error;
	}
	return {router, publisher, address: {host, port: portOf(router), publishPort: portOf(publisher)}, close};
}

async function bind(socket: Router | Publisher, host: string, port: number): Promise<void> {
	const endpoint = `tcp://${host.includes(':') ? `[${host}]` : host}:${port === 0 ? '*' : port}`;
	const untilMs = performance.now() + bindWithinMs;
	for (;;) {
		try {
			await socket.bind(endpoint);
			return;
		} catch (error) {
			if (performance.now() >= untilMs) throw error;
			await delay(50);
		}
	}
}

function portOf(socket: Router | Publisher): number {
	return Number(/:(\d+)$/.exec(socket.lastEndpoint ?? '')?.[1]);
}
