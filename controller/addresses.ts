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

/** Where to listen so that `host` reaches this node. A name is looked up by whoever connects; this host listens everywhere then, and keys decide who may speak. */
export function bindable(host: string): string {
	return /^[\d.]+$|:/u.test(host) ? host : '0.0.0.0';
}
