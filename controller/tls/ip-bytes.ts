import {isIPv4} from 'node:net';

/** The 4 or 16 bytes of an address, in network order; a zone such as `%eth0` is left out. Throws a `TypeError` for anything else. */
export function ipBytes(address: string): Buffer {
	if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
	// A URL writes an address in one way only: groups of hex, with `::` in at most one place.
	const {hostname} = new URL(`http://[${address.replace(/%.*$/u, '')}]`);
	const [head = [], tail = []] = hostname.slice(1, -1).split('::').map(part => part.split(':').filter(group => group !== ''));
	const zeros = Array.from({length: 8 - head.length - tail.length}, () => '0');
	return Buffer.from([...head, ...zeros, ...tail].map(group => group.padStart(4, '0')).join(''), 'hex');
}
