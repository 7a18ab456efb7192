import {once} from 'node:events';
import {createServer} from 'node:net';

/** Below what the kernel gives to outgoing connections (32768 and above), which would take a port before its program does. */
const lowest = 12_000;
const stripes = 200;
const portsPerStripe = 50;
/** A node that is told its port for peers listens on the one after it too. */
const step = 2;

/** Test files run as processes side by side: each takes its ports from a stripe of its own, so that no two are told the same. */
let taken = 0;

/** A TCP port that is free on 127.0.0.1, and that nobody else in a run of the tests is given. Only for programs that cannot be told port 0. */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < portsPerStripe; tries++) {
		const port = lowest + (process.pid % stripes * portsPerStripe + taken++ % portsPerStripe) * step;
		if (await isFree(port)) return port;
	}
	throw new Error('None of the ports of this process is free');
}

async function isFree(port: number): Promise<boolean> {
	const server = createServer();
	try {
		server.listen(port, '127.0.0.1');
		await once(server, 'listening');
	} catch {
		return false;
	}
	server.close();
	await once(server, 'close');
	return true;
}
