import {lookup} from 'node:dns/promises';
import {isIP} from 'node:net';

const lookupMs = 2000;

/** The address as ZeroMQ wants it. A name is resolved here, since the library would hold up all its connections meanwhile. Undefined when the name is not known within 2 s. */
export async function endpointOf(host: string, port: number): Promise<string | undefined> {
	const address = isIP(host) > 0 ? host : await resolve(host);
	if (address === undefined) return undefined;
	return `tcp://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

async function resolve(host: string): Promise<string | undefined> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>(done => (timer = setTimeout(() => done(undefined), lookupMs)));
	try {
		return (await Promise.race([lookup(host), late]))?.address;
	} catch {
		return undefined;
	} finally {
		clearTimeout(timer);
	}
}
