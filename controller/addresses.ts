import {createSocket} from 'node:dgram';
import {once} from 'node:events';
import {isIPv6} from 'node:net';
import {networkInterfaces} from 'node:os';

/** This host's addresses that others could reach, IPv4 first; loopback and link-local ones are left out, and so are Docker's bridges. */
export function hostAddresses(): readonly string[] {
	return Object.entries(networkInterfaces())
		.filter(([name]) => !/^(?:docker|br-|veth)/u.test(name))
		.flatMap(([, addresses]) => addresses ?? [])
		.filter(({internal, address}) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'))
		.toSorted((one, other) => one.family.localeCompare(other.family))
		.map(({address}) => address);
}

/** How long the name of a host may take to be looked up; milliseconds. */
const lookupMs = 3000;
/** The kernel wants to know one. */
const anyPort = 9;

/**
 * This host's address on the way to `target`, a URL or a host: the one by which others there reach this host. Nothing is sent. Undefined when
 * there is no way, or only one that stays on this host.
 */
export async function addressTowards(target: string | undefined): Promise<string | undefined> {
	if (target === undefined) return undefined;
	const host = (target.includes('://') ? new URL(target).hostname : target).replace(/^\[|\]$/gu, '');
	const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
	try {
		const connected = once(socket, 'connect', {signal: AbortSignal.timeout(lookupMs)});
		socket.connect(anyPort, host);
		await connected;
		const {address} = socket.address();
		return hostAddresses().includes(address) ? address : undefined;
	} catch {
		return undefined;
	} finally {
		socket.close();
	}
}

/** Where to listen so that `host` reaches this node. A name is looked up by whoever connects; this host listens everywhere then, and keys decide who may speak. */
export function bindable(host: string): string {
	return /^[\d.]+$|:/u.test(host) ? host : '0.0.0.0';
}
